"""The input line: keys, history, and what is on the screen while others write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securechat.client.plain.editor import ERASE, EndOfInput, Interrupted, LineEditor, Submitted
from securechat.client.plain.keys import Key, KeyReader, Pasted
from tests.unit.client.screen import Screen


def typed(*keys: Key | Pasted | str) -> LineEditor:
    """An editor after these keys; a string is typed character by character."""
    editor = LineEditor()
    for key in keys:
        for one in key if isinstance(key, str) else (key,):
            editor.press(one)
    return editor


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (["abc", Key.BACKSPACE], "ab"),
        (["abc", Key.LEFT, Key.BACKSPACE, "X"], "aXc"),
        (["abc", Key.HOME, "X", Key.END, "Y"], "XabcY"),
        (["abc", Key.HOME, Key.DELETE], "bc"),
        (["abc", Key.HOME, Key.END_OF_INPUT], "bc"),
        (["abc", Key.LEFT, Key.RIGHT, Key.RIGHT, "d"], "abcd"),
        (["one two  three", Key.CUT_WORD], "one two  "),
        (["one two  ", Key.CUT_WORD], "one "),
        (["one two", Key.WORD_LEFT, Key.CUT_TO_START], "two"),
        (["one two", Key.HOME, Key.WORD_RIGHT, Key.CUT_TO_END], "one"),
        (["abc", Key.INTERRUPT], ""),
        (["e\u0301x", Key.LEFT, Key.BACKSPACE], "x"),
        (["日本", Key.LEFT, Key.BACKSPACE], "本"),
        ([Pasted("a\nb"), "c"], "a\nbc"),
        ([Key.BACKSPACE, Key.LEFT, Key.DELETE, Key.UP, Key.DOWN, "a"], "a"),
    ],
)
def test_editing(keys: list[Key | Pasted | str], text: str) -> None:
    """The keys that people know from their shell."""
    assert typed(*keys).text == text


def test_enter_submits_and_clears() -> None:
    """Pasted line ends are part of the text."""
    editor = typed("a", Pasted("b\nc"))
    assert editor.press(Key.ENTER) == Submitted("ab\nc")
    assert editor.text == ""


def test_control_c_and_control_d_end_only_on_an_empty_line() -> None:
    """With text, Ctrl-C clears it and Ctrl-D deletes to the right."""
    editor = typed("a")
    assert editor.press(Key.INTERRUPT) is None
    assert editor.press(Key.INTERRUPT) == Interrupted()
    assert editor.press(Key.END_OF_INPUT) == EndOfInput()


def test_history_goes_up_and_down_and_keeps_the_draft() -> None:
    """What was being typed is there again below the last line."""
    editor = typed("one", Key.ENTER, "two", Key.ENTER, "two", Key.ENTER, "draft")
    shown = []
    for key in (Key.UP, Key.UP, Key.UP, Key.DOWN, Key.DOWN, Key.DOWN):
        editor.press(key)
        shown.append(editor.text)
    assert shown == ["two", "one", "one", "two", "draft", "draft"]


@pytest.mark.parametrize(
    ("sent", "keys"),
    [
        (b"a\xc3\xa4\xf0\x9f\x98\x80", ["a", "ä", "😀"]),
        (b"\r", [Key.ENTER]),
        (b"\x1b[A\x1bOA\x1b[1;5D\x1bb\x1b[3~", [Key.UP, Key.UP, Key.WORD_LEFT, Key.WORD_LEFT, Key.DELETE]),
        (b"\x1b[200~x\r\ny\tz\x1b[31m\x1b[201~q", [Pasted("x\ny    z[31m"), "q"]),
        (b"\x1b[99;99Zx\x1b[<0;1;2Mx", ["x", "x"]),
        (b"\x1b\x1b[A", [Key.UP]),
        (b"\xff", ["\ufffd"]),
        ("\u202e\u200b\u00ad\x07".encode(), []),
        ("\U0001faea".encode(), ["\U0001faea"]),
    ],
)
def test_keys_are_read_in_any_pieces(sent: bytes, keys: list[Key | Pasted | str]) -> None:
    """Escape sequences and characters may arrive byte by byte; what cannot be seen is not typed."""
    assert KeyReader().feed(sent) == keys
    reader = KeyReader()
    assert [key for byte in sent for key in reader.feed(bytes([byte]))] == keys


def test_an_endless_paste_is_cut() -> None:
    """A terminal that never ends a paste does not fill the memory."""
    reader = KeyReader()
    keys = [key for _ in range(40) for key in reader.feed(b"\x1b[200~" + b"x" * 4096)]
    assert keys and isinstance(keys[0], Pasted)
    assert len(keys[0].text) < 70_000


TEXT = st.text(alphabet="ab \u0301日本語😀é\u200d", max_size=60)
KEYS = st.lists(st.sampled_from(list(Key)) | TEXT, max_size=20)


@given(KEYS, st.integers(16, 40), st.lists(st.text(alphabet="xyz ", max_size=8), max_size=4))
def test_the_input_line_is_whole_below_whatever_arrives(
    keys: list[Key | str], width: int, arriving: list[str]
) -> None:
    """Lines that arrive are complete rows; below them is one row with the prompt and a part of the text."""
    editor, screen = LineEditor(), Screen(width)
    editor.prompt = "#c> "
    screen.write(editor.draw(width))
    shown = []
    for number, key in enumerate(keys):
        for one in key if isinstance(key, str) else (key,):
            editor.press(one)
        if number < len(arriving):
            screen.write(ERASE + arriving[number] + "\n")
            shown.append(arriving[number].rstrip())
        screen.write(editor.draw(width))
    assert screen.lines()[:-1] == shown
    row = screen.lines()[-1]
    assert row.startswith("#c>")
    assert row.removeprefix("#c>").strip() in editor.text


@given(TEXT, st.integers(0, 60), st.integers(16, 40))
def test_the_cursor_stands_behind_what_was_typed_last(text: str, back: int, width: int) -> None:
    """Also in the middle of a text, and in one that scrolls sideways."""
    editor, screen = typed(text, *[Key.LEFT] * back, "X"), Screen(width)
    editor.prompt = "> "
    screen.write(editor.draw(width))
    assert screen.rows[-1][screen.column - 1].startswith("X")


def test_a_long_line_scrolls_with_the_cursor() -> None:
    """At its end one sees the end, at its beginning the beginning."""
    editor, screen = typed("0123456789" * 5), Screen(24)
    editor.prompt = "> "
    for key, shown in ((Key.END, "> 901234567890123456789"), (Key.HOME, "> 012345678901234567890")):
        editor.press(key)
        screen.write(editor.draw(24))
        assert screen.lines() == [shown]


def test_tab_goes_through_what_the_word_may_become() -> None:
    """One after the other, and again; another key ends that. What is behind the cursor stays."""
    editor = typed("hi al!", Key.LEFT)
    asked: list[str] = []

    def choices(left: str) -> list[str]:
        asked.append(left)
        return ["alice ", "alan "]

    editor.complete = choices
    shown = []
    for _ in range(3):
        editor.press(Key.COMPLETE)
        shown.append(editor.text)
    assert shown == ["hi alice !", "hi alan !", "hi alice !"]
    editor.press("x")
    editor.press(Key.COMPLETE)
    assert asked == ["hi al", "hi alice x"]


def test_tab_without_a_choice_does_nothing() -> None:
    editor = typed("hi", Key.COMPLETE)
    assert editor.text == "hi"


def test_a_row_that_has_become_wider_shows_what_it_can() -> None:
    """What had scrolled out of sight comes back."""
    editor = typed("abcdefghijklmnopqrstuvwxyz")
    editor.prompt = "> "
    editor.draw(12)
    assert "abcdefghijklmnopqrstuvwxyz" in editor.draw(80)


def test_the_history_of_another_start() -> None:
    editor = LineEditor(["one", "two"])
    editor.press(Key.UP)
    editor.press(Key.UP)
    assert editor.text == "one"
