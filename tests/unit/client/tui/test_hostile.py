"""A hostile server and hostile people: nothing of theirs does anything to the terminal or the app."""

import pytest

from securechat.client.errors import Refused
from securechat.client.events import (
    Announced,
    Disconnected,
    Event,
    Failed,
    Gap,
    Invited,
    Joined,
    Kind,
    Left,
    Message,
    ModesChanged,
    Names,
    NickChanged,
    Pinned,
    Quit,
    Reacted,
    Redacted,
    Renamed,
    ServerText,
    Silences,
    Topic,
    Typing,
    Welcome,
)
from securechat.client.recent import Spoken
from securechat.client.tui.screens import Choice, Chooser, Question, Reader
from tests.unit.client.hostile import HOSTILE, is_harmless
from tests.unit.client.tui.stage import NOW, Stage

REASON = Refused("X", "no")


def everything(text: str) -> list[Event]:
    """Every event with a hostile text wherever one can be."""
    channel = f"#{text}"
    spoken = Spoken(text, text)
    return [
        Welcome("alice", text, True, True),
        Joined(channel, text, True),
        Names("#general", ("alice", text)),
        Topic("#general", text, text),
        Topic(channel, text, text),
        *(
            Message(text, target, text, NOW.wall, f"{text}{kind}{target}", kind, quoted=spoken, answers="x")
            for kind in Kind
            for target in ("#general", "alice", channel)
        ),
        Reacted("#general", text, text, f"{text}{Kind.TEXT}#general", False),
        Redacted("#general", text, f"{text}{Kind.NOTICE}#general", text, False),
        Pinned("#general", text, "x", False, spoken),
        Typing("#general", text, True),
        Joined("#general", text, False),
        NickChanged(text, f"{text}2", False),
        ModesChanged(
            "#general", text, ((True, "b", text), (False, "k", text), (True, text[:1], text)), False
        ),
        Invited(channel, "alice", text, True),
        Announced(text, text),
        ServerText(text),
        Silences((text,)),
        Failed(text, Refused(text, text)),
        Gap("#general", text),
        Quit(f"{text}2", text, ("#general",)),
        Left(channel, "alice", text, True, text),
        Renamed(channel, f"{channel}3", text, text),
        Disconnected(text, 1.0, 0),
    ]


@pytest.mark.parametrize("size", [(100, 40), (40, 12)])
def test_nothing_hostile_is_on_the_screen(size: tuple[int, int]) -> None:
    """In the timeline, the side bar, the bars, and what comes up over them."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob")
        for text in HOSTILE:
            stage.mailbox.put(everything(text))
            await stage.settle()
            check(stage)
        for keys in (["ctrl+k"], ["f3"], ["alt+up", "r"], ["alt+a"], ["alt+pagedown"]):
            await stage.press(*keys)
            check(stage)
            await stage.press("escape")

    Stage(size=size).play(scenario)


def check(stage: Stage) -> None:
    for row in stage.rows():
        assert is_harmless(row), ascii(row)


def test_the_titles_over_the_window_are_harmless() -> None:
    """They name channels and people."""

    async def scenario(stage: Stage) -> None:
        text = " ".join(HOSTILE)
        for screen in (Question(text), Reader(text, [text]), Chooser(text, [Choice(text, text, 1)], text)):
            stage.app.push_screen(screen)
            await stage.settle()
            check(stage)
            stage.app.pop_screen()

    Stage(size=(200, 60)).play(scenario)


def test_what_is_put_into_the_draft_is_harmless() -> None:
    """From the clipboard, by Tab, and to be changed."""

    async def scenario(stage: Stage) -> None:
        from textual.events import Paste

        await stage.log_in("bob")
        for number, text in enumerate(HOSTILE):
            stage.app.composer.put("")
            stage.app.composer.post_message(Paste(text))
            await stage.settle()
            check(stage)
            said = Message("alice", "#general", text, NOW.wall, f"m{number}", own=True)
            stage.mailbox.put([Joined("#general", f"q{text}", False), said])
            stage.app.composer.put("q")
            await stage.press("tab")
            assert is_harmless(stage.app.composer.text)
            stage.app.composer.put("")
            await stage.press("alt+up", "e")
            check(stage)
            await stage.press("escape")

    Stage().play(scenario)


@pytest.mark.parametrize(
    "word", ["x" * 5000, "日" * 3000, "👨‍👩‍👧‍👦" * 500, "e\u0301" * 2000, "\u0301" * 3000, " " * 5000]
)
def test_a_word_of_any_length_has_its_rows(word: str) -> None:
    """None is wider than the screen, at any width."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob")
        stage.mailbox.put([Message("bob", "#general", word, NOW.wall, "m1"), Topic("#general", word, word)])
        await stage.settle()
        for width in (200, 90, 40, 20):
            await stage.resize(width, 20)
            check(stage)
            await stage.press("pageup", "pagedown")

    Stage(size=(100, 20)).play(scenario)
