"""How the app looks: pictures of scenes in docs/pictures, which README and docs/client.md show.

A picture that looks otherwise fails. `SECURECHAT_PICTURES=write` draws them anew: look at each one then.
"""

import asyncio
import os
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import pytest

from securechat.client.account.wizard import Wizard
from securechat.client.account.wizard_steps import UnknownIssuer
from securechat.client.tui import language
from securechat.client.tui.settings import Settings
from securechat.client.tui.wizard_screen import Field, FirstRun
from tests.unit.client.account.test_wizard import PIN, FakeErrands
from tests.unit.client.tui.stage import NOW, Stage

PICTURES: Final = Path(__file__).resolve().parents[4] / "docs" / "pictures"
_FONTS: Final = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)
_MADE_BY: Final = re.compile(r"\s*<!-- .*? -->")
_NAMES: Final = re.compile(r"terminal-\d+")
Scene = Callable[[Stage], Awaitable[None]]


async def a_day_at_work(stage: Stage) -> None:
    """A channel with everything that can be in one."""
    await _at(stage, -40)
    await stage.log_in("bob", "carol", "dave", lines=_channels("#ops", "#random", "#releases"))
    stage.app.chat.server = "chat.example.org"
    stage.app.server.lag = 0.012
    await stage.says(":s.test 332 alice #ops :Deploys & incidents")
    await stage.press("ctrl+k", "o", "p", "s", "enter")
    await stage.answer_history()
    await _at(stage, -29)
    first = await stage.said("bob", "rolling out 2.4 to eu-1, see https://ci.example.org/881", "#ops")
    for who, reaction in (("carol", "👍"), ("dave", "👍"), ("alice", "🎉")):
        await stage.says(f"@+draft/reply={first};+draft/react={reaction} :{who}!{who}@s.test TAGMSG #ops")
    await _at(stage, -26)
    await stage.said("carol", "eu-1 looks slow since then", "#ops", f";+draft/reply={first}")
    await _at(stage, -24)
    slow = await stage.said("dave", "the pool there has 20 connections", "#ops", f";+draft/reply={first}")
    await stage.said("carol", "then that is it", "#ops", f";+draft/reply={slow}")
    await stage.press("ctrl+k", "g", "e", "n", "enter")
    await _at(stage, -10)
    await stage.said("bob", "@alice can you check the pool? It is at forty percent and falling", "#ops")
    edited = await stage.said("dave", "the error rate is 2 %", "#ops")
    await stage.said("dave", "the error rate is 0.2 %", "#ops", f";+securechat/edit={edited}")
    gone = await stage.said("eve", "wrong window", "#ops")
    await stage.says(f":eve!eve@s.test REDACT #ops {gone}")
    for number in range(12):
        await stage.said("dave", f"cat number {number}", "#random")
    await stage.said("bob", "lunch at one?", "alice")
    await stage.press("alt+a")
    await stage.press("ctrl+k", "o", "p", "s", "enter")
    await _at(stage, 0)
    await stage.enter("on it")
    await stage.confirm()
    await stage.enter("raised to 40, and the old image is still there if we need it")
    await stage.says("@+typing=active :bob!bob@s.test TAGMSG #ops")
    stage.app.composer.put("I'll write it up")
    await stage.settle()


async def a_thread(stage: Stage) -> None:
    """One speaks in a thread."""
    await a_day_at_work(stage)
    stage.app.composer.put("")
    await stage.press("alt+t")
    await stage.enter("shall I double it?")
    await stage.confirm()


async def the_switcher(stage: Stage) -> None:
    """Going to a channel."""
    await a_day_at_work(stage)
    await stage.press("ctrl+k", "r")


async def a_search(stage: Stage) -> None:
    """What was said about a word."""
    await a_day_at_work(stage)
    await stage.enter("/search pool")
    line = next(line for line in stage.wire.sent() if "SEARCH" in line)
    label = line.removeprefix("@label=").partition(" ")[0]
    found = [
        f"@batch=q;msgid=f{n};time=2026-11-{20 - n}T10:0{n}:00.000Z :{who}!{who}@s.test PRIVMSG #ops :{text}"
        for n, (who, text) in enumerate((("bob", "the pool has 20 again"), ("carol", "who owns the pool?")))
    ]
    await stage.says(f"@label={label} :s.test BATCH +q soju.im/search", *found, ":s.test BATCH -q")


async def the_help(stage: Stage) -> None:
    """Keys and commands."""
    await a_day_at_work(stage)
    await stage.press("f1")


async def no_connection(stage: Stage) -> None:
    """The server is gone, one writes on, and something was refused."""
    from securechat.client.events import Disconnected

    await a_day_at_work(stage)
    stage.app.composer.put("")
    stage.wire.sent()
    await stage.enter("may I say this?")
    line = next(line for line in stage.wire.sent() if "PRIVMSG" in line)
    label = line.removeprefix("@label=").partition(";")[0]
    await stage.says(f"@label={label} :s.test 404 alice #ops :Cannot send to channel (+m)")
    stage.wire.session.lose()
    stage.mailbox.put([Disconnected("the connection was cut", 0.5, 1)])
    await stage.settle()
    await stage.enter("and this while it is away")
    await stage.press("alt+up")


async def two_servers(stage: Stage) -> None:
    """A server at home beside the one at work."""
    await a_day_at_work(stage)
    stage.app.servers.all[0].lag = 0.012
    stage.play_for(1)
    await stage.log_in("eve", "frank", lines=_channels("#garden", "#kitchen"))
    stage.app.servers.all[1].lag = 0.003
    await stage.said("eve", "alice, the tomatoes!", "#garden")
    await stage.said("frank", "dinner at eight", "alice")
    stage.app.redraw()


def _channels(*names: str) -> tuple[str, ...]:
    return tuple(
        line
        for name in names
        for line in (
            f":alice!alice@s.test JOIN {name}",
            f":s.test 353 alice = {name} :alice bob carol dave eve",
            f":s.test 366 alice {name} :End of NAMES list",
        )
    )


async def _at(stage: Stage, minutes: int) -> None:
    stage.now = NOW._replace(wall=NOW.wall + minutes * 60_000)


SCENES: Final[dict[str, tuple[Scene, tuple[int, int], dict[str, str], str]]] = {
    "app-dark": (a_day_at_work, (110, 24), {}, "en"),
    "app-light": (a_day_at_work, (110, 24), {"theme": "light"}, "en"),
    "app-ansi": (a_day_at_work, (110, 24), {"theme": "ansi-dark"}, "en"),
    "app-russian": (a_day_at_work, (110, 24), {}, "ru"),
    "app-80x24": (a_day_at_work, (80, 24), {}, "en"),
    "app-60x20": (a_day_at_work, (60, 20), {}, "en"),
    "app-200x60": (a_day_at_work, (200, 60), {}, "en"),
    "app-switcher": (the_switcher, (110, 24), {}, "en"),
    "app-search": (a_search, (110, 24), {}, "en"),
    "app-thread": (a_thread, (110, 24), {}, "en"),
    "app-help": (the_help, (110, 40), {}, "en"),
    "app-no-connection": (no_connection, (110, 24), {}, "en"),
    "app-two-servers": (two_servers, (110, 24), {}, "en"),
    "app-no-color": (a_day_at_work, (110, 24), {}, "en"),
}


PATIENCE: Final = 5
"""How often a scene may settle again until it looks as it should."""


@pytest.mark.parametrize("name", SCENES)
def test_a_scene_looks_as_in_its_picture(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the last cell and colour."""
    scene, size, chosen, code = SCENES[name]
    path = PICTURES / f"{name}.svg"
    pictures: list[str] = []
    monkeypatch.delenv("NO_COLOR", raising=False)
    if name == "app-no-color":
        monkeypatch.setenv("NO_COLOR", "1")

    async def scenario(stage: Stage) -> None:
        language.use(code)
        await scene(stage)
        for _ in range(PATIENCE):
            pictures.append(portable(stage.app.export_screenshot(title="securechat")))
            if path.exists() and pictures[-1] == path.read_text(encoding="utf-8"):
                break
            await stage.settle()  # a busy machine draws a dialog late

    names = ("work", "home") if scene is two_servers else ("",)
    Stage(size=size, settings=Settings(chosen), names=names).play(scenario)
    _compare(path, pictures[-1])


def test_the_first_start_looks_as_in_its_picture() -> None:
    """The pin of an unknown authority is what a person has to understand."""
    pictures: list[str] = []
    language.use("en")
    app = FirstRun(Wizard(FakeErrands(UnknownIssuer(PIN)), "alice"), "dark")

    async def scenario() -> None:
        async with app.run_test(size=(110, 18)) as pilot:
            app.screen.query_one(Field).value = "chat.example.org"
            await pilot.press("enter")
            while app._wizard.work is not None:
                await pilot.pause(0.001)
            await pilot.pause()
            pictures.append(app.export_screenshot(title="securechat"))

    asyncio.run(scenario())
    _compare(PICTURES / "first-run.svg", portable(pictures[0]))


def _compare(path: Path, picture: str) -> None:
    if os.environ.get("SECURECHAT_PICTURES") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(picture, encoding="utf-8")
    assert picture == path.read_text(encoding="utf-8"), f"{path} looks otherwise now"


def portable(picture: str) -> str:
    """A picture that is the same everywhere, and fetches nothing: the font is the reader's."""
    return _NAMES.sub("terminal", _MADE_BY.sub("", _FONTS.sub("", picture))).replace(
        "Fira Code, monospace", "monospace"
    )


def test_every_picture_has_a_scene() -> None:
    """Nothing is left over, and nothing in a picture comes from elsewhere."""
    paths = sorted(PICTURES.glob("*.svg"))
    assert [path.stem for path in paths] == sorted([*SCENES, "first-run"])
    for path in paths:
        urls = set(re.findall(r"(?:https?:)?//[^\s\"<)]+", path.read_text("utf-8")))
        assert all(url.startswith(("http://www.w3.org/", "https://ci")) for url in urls), urls
