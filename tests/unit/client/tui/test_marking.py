"""Marking and copying, with the app's mouse and the terminal's; and what was entered in an earlier run."""

from base64 import b64encode
from pathlib import Path

from rich.style import Style
from textual.drivers.headless_driver import HeadlessDriver

from securechat.client.kept.input_history import InputHistory
from securechat.client.tui.drawing import STYLES, Frame, draw
from securechat.client.tui.entries import Delivery, Post
from securechat.client.tui.settings import Settings
from securechat.client.tui.shell import MOUSE_OFF, MOUSE_ON
from tests.unit.client.tui.stage import NOW, Stage


def listen(stage: Stage) -> list[str]:
    """What the terminal is told from now on."""
    told: list[str] = []

    class Driver(HeadlessDriver):
        """Keeps what is written."""

        def write(self, data: str) -> None:
            """Keep it."""
            told.append(data)

    stage.app._driver = Driver(stage.app)
    return told


def test_the_mouse_can_be_left_to_the_terminal() -> None:
    """The setting works at once; it is how the app begins, too."""

    async def scenario(stage: Stage) -> None:
        told = listen(stage)
        await stage.log_in("bob")
        await stage.enter("/set mouse off")
        assert told[-1] == MOUSE_OFF and stage.saved[-1]["mouse"] == "off"
        await stage.enter("/set mouse on")
        assert told[-1] == MOUSE_ON

    Stage().play(scenario)

    async def begins(stage: Stage) -> None:
        told = listen(stage)
        stage.app.on_mount()
        assert told == [MOUSE_OFF]

    Stage(settings=Settings({"mouse": "off"})).play(begins)


def test_in_bare_mode_nothing_stands_beside_the_text() -> None:
    """No side bar, no names, no mouse; F2 ends it."""

    async def scenario(stage: Stage) -> None:
        told = listen(stage)
        await stage.log_in("bob")
        await stage.said("bob", "make -j4 all && ./run --fast")
        await stage.press("f2")
        rows = stage.rows()
        at = rows.index("  make -j4 all && ./run --fast")
        assert rows[at - 1] == "bob 11:45" and not stage.shows("▾ Channels") and told[-1] == MOUSE_OFF
        await stage.press("f2")
        assert stage.shows("▾ Channels") and told[-1] == MOUSE_ON
        assert "11:45  bob" in stage.row_with("make -j4")

    Stage().play(scenario)


def test_in_bare_mode_no_row_of_a_text_can_pass_for_a_name() -> None:
    """Only names begin at the edge; the state of one's own messages is beside the name."""
    post = Post(NOW.wall, "alice", "one\nbob 12:00\n" + "word " * 40, "x", own=True, delivery=Delivery.STORED)
    frame = Frame(40, dict.fromkeys(STYLES, Style()), "alice", bare=True)
    first, *rest = [strip.text for strip in draw(post, frame)]
    assert first.startswith("alice ") and first.rstrip().endswith("✓")
    assert len(rest) > 4 and all(row.startswith("  ") for row in rest)


def test_what_was_entered_comes_back_in_the_next_run(tmp_path: Path) -> None:
    """By Up; what may hold a secret is not kept."""
    path = tmp_path / "input_history"

    async def first(stage: Stage) -> None:
        await stage.log_in("bob")
        await stage.enter("the first")
        await stage.enter("/msg securechat password new secret")

    async def second(stage: Stage) -> None:
        await stage.log_in("bob")
        await stage.press("up")
        assert stage.app.composer.text == "the first"

    Stage(history=InputHistory(path)).play(first)
    assert "secret" not in path.read_text("utf-8")
    Stage(history=InputHistory(path)).play(second)


def test_copying_goes_to_the_terminals_clipboard() -> None:
    """OSC 52: what is marked, or the selected message, made safe."""

    async def scenario(stage: Stage) -> None:
        told = listen(stage)
        await stage.log_in("bob")
        await stage.said("bob", "copy \x1b]52;c;eA==\x07this")
        await stage.press("alt+up", "c")
        copied = b64encode("copy ␛]52;c;eA==␇this".encode()).decode()
        assert f"\x1b]52;c;{copied}\a" in told

    Stage().play(scenario)
