"""Several servers in one window: each with its own conversations, state and desk."""

from pathlib import Path

from securechat.client.account.profiles import Profile
from securechat.client.address import Address
from securechat.client.errors import LoginFailed
from securechat.client.events import Disconnected, Ended
from securechat.client.paths import places
from securechat.client.tui.opening import Opener
from tests.unit.client.account.test_wizard import FakeErrands
from tests.unit.client.tui.stage import Stage

OPS = (":alice!alice@s.test JOIN #ops", ":s.test 353 alice = #ops :alice bob", ":s.test 366 alice #ops :End")


async def both(stage: Stage) -> None:
    """Alice is in #general of both, and in #ops of the second."""
    await stage.log_in("bob")
    stage.play_for(1)
    await stage.log_in("bob", lines=OPS)


def two(width: int = 110) -> Stage:
    """A window on home and work."""
    return Stage(names=("home", "work"), size=(width, 24))


def test_each_server_has_its_heading_and_conversations() -> None:
    """In the order in which they were opened, with what is new there."""

    async def scenario(stage: Stage) -> None:
        await both(stage)
        await stage.said("bob", "alice?", "#ops")
        assert [row[:23].rstrip() for row in stage.rows()[1:6]] == [
            " ● home            0ms",
            " ▌ #general",
            " ● work            0ms",
            "   #general",
            "   #ops           @1 1",
        ]
        assert stage.rows()[0].startswith(" home ● online 0ms") and "1 new  1 @" in stage.rows()[0]

    two().play(scenario)


def test_with_one_server_there_is_no_heading() -> None:
    """The side bar is as simple as before, also when the profile has a name."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob")
        assert stage.shows("▾ Channels") and not stage.shows("home")

    Stage(names=("home",)).play(scenario)


def test_alt_a_goes_to_what_is_new_on_any_server() -> None:
    """What is written there goes there, and a draft stays with the server that it was for."""

    async def scenario(stage: Stage) -> None:
        await both(stage)
        stage.app.composer.put("for home")
        await stage.said("bob", "hello", "#general")
        await stage.press("alt+a")
        assert stage.rows()[0].startswith(" work ● online") and stage.shows("1 new since")
        assert stage.app.composer.text == ""
        for wire in stage.wires:
            wire.sent()
        await stage.enter("hello bob")
        assert [sum("PRIVMSG #general" in line for line in wire.sent()) for wire in stage.wires] == [0, 1]
        await stage.press("alt+pageup", "alt+pageup")
        assert stage.rows()[0].startswith(" home ● online") and stage.app.composer.text == "for home"

    two().play(scenario)


def test_the_switcher_names_the_server_of_each_conversation() -> None:
    """And finds it by that name, too."""

    async def scenario(stage: Stage) -> None:
        await both(stage)
        await stage.press("ctrl+k")
        assert stage.shows("#general  work") and stage.shows("#ops  work")
        await stage.press("w", "o", "r", "k", "down", "enter")
        assert stage.app.server.name == "work" and stage.app.chat.current.name == "#general"

    two().play(scenario)


def test_what_is_seen_on_one_server_is_not_read_on_another() -> None:
    """Only the conversation that is shown is."""

    async def scenario(stage: Stage) -> None:
        await both(stage)
        await stage.press("alt+pagedown", "alt+pagedown")
        assert stage.app.server.name == "work"
        stage.play_for(0)
        stage.wire.sent()
        await stage.said("bob", "anybody?")
        assert stage.row_with("● home").strip().startswith("● home")
        assert [place.unread for place in stage.app.servers.all[0].chat.conversations.values()] == [0, 1]
        assert not any("MARKREAD" in line for line in stage.wire.sent())

    two().play(scenario)


def test_a_server_that_is_away_disturbs_no_other() -> None:
    """Its heading says it, and the other is written to as ever."""

    async def scenario(stage: Stage) -> None:
        await both(stage)
        stage.wire.session.lose()
        stage.mailbox.put([Disconnected("the connection was cut", 0.5, 0)])
        await stage.settle()
        assert stage.row_with("○ work").split()[:3] == ["○", "work", "away"]
        assert stage.rows()[0].startswith(" home ● online") and not stage.shows("No connection")
        await stage.enter("hello")
        stage.play_for(0)
        await stage.confirm()
        assert stage.row_with("hello").endswith("✓")

    two().play(scenario)


def test_a_server_that_lets_nobody_in_ends_alone() -> None:
    """The reason is in its own conversation; the last one ends the app."""

    async def scenario(stage: Stage) -> None:
        await both(stage)
        stage.mailbox.put([Ended(LoginFailed("the account is suspended"), 0)])
        await stage.settle()
        assert stage.row_with("✗ work").split()[:3] == ["✗", "work", "ended"]
        await stage.press("ctrl+k", "w", "o", "r", "k", "enter")
        assert stage.shows("the account is suspended") and stage.rows()[0].startswith(" work ✗ ended")

    stage = two()
    assert stage.play(scenario) is None


def test_a_notification_names_the_server() -> None:
    """Where there are several."""

    async def scenario(stage: Stage) -> None:
        from textual.events import AppBlur

        await both(stage)
        told: list[str] = []
        stage.app.notifier._write = told.append
        stage.app.post_message(AppBlur())
        await stage.settle()
        await stage.said("bob", "alice?", "#ops")
        await stage.said("bob", "psst", "alice")
        assert told == ["\x1b]9;bob (#ops, work): alice?\x07\x07", "\x1b]9;bob (work): psst\x07\x07"]

    two().play(scenario)


def test_the_desk_of_each_server_is_kept() -> None:
    """Also of the one that is not shown at the end."""

    async def scenario(stage: Stage) -> None:
        await both(stage)
        await stage.said("eve", "hi", "alice")
        stage.app.composer.put("half a thou")
        await stage.press("ctrl+q")

    stage = two()
    stage.play(scenario)
    home, work = (server.desk for server in stage.app.servers.all)
    assert (home.current, home.drafts, home.people) == ("#general", {"#general": "half a thou"}, [])
    assert (work.current, work.drafts, work.people) == ("#general", {}, ["eve"])


async def gone(stage: Stage) -> None:
    """Wait until the way to a server has been gone."""
    while len(stage.app.screen_stack) > 1:
        await stage.pilot.pause(0.001)
    await stage.settle()


async def opened(stage: Stage) -> None:
    """Wait for that, and log in there."""
    await gone(stage)
    stage.play_for(1)
    await stage.log_in("bob", lines=OPS)


def test_a_server_is_opened_beside_the_first() -> None:
    """By its name, which the switcher offers, too; then it is shown."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob")
        await stage.enter("/server")
        assert stage.shows("/server NAME opens work")
        await stage.press("ctrl+k", "w", "o")
        assert stage.shows("open the server work")
        await stage.press("enter")
        await opened(stage)
        assert stage.app.server.name == "work" and stage.row_with("● work") and stage.row_with("● home")
        await stage.enter("/server home")
        assert stage.app.server.name == "home"
        await stage.press("ctrl+k", "w", "o")
        assert not stage.shows("open the server")

    Stage(names=("home",), known=("home", "work")).play(scenario)


def test_a_server_is_closed_and_the_other_stays() -> None:
    """Its connection ends; the last one is not closed."""

    async def scenario(stage: Stage) -> None:
        await both(stage)
        await stage.enter("/server close nowhere")
        assert stage.shows("No server here is called nowhere; there are home, work")
        stage.app.composer.put("")
        await stage.enter("/server close")
        await stage.app.workers.wait_for_complete()
        assert stage.closed == ["home"] and stage.app.server.name == "work"
        assert stage.shows("▾ Channels")
        await stage.enter("/server close")
        assert stage.shows("It is the only server here") and stage.closed == ["home"]

    two().play(scenario)


def test_a_server_that_has_ended_is_opened_again() -> None:
    """In its place."""

    async def scenario(stage: Stage) -> None:
        await both(stage)
        stage.mailbox.put([Ended(LoginFailed("the account is suspended"), 0)])
        await stage.settle()
        await stage.enter("/server work")
        await gone(stage)
        assert stage.closed == ["work"] and [each.name for each in stage.app.servers.all] == ["home", "work"]
        stage.play_for(2)
        await stage.log_in("bob")
        assert stage.row_with("● work")

    Stage(names=("home", "work"), known=("home", "work")).play(scenario)


def test_what_could_not_be_opened_is_said_where_one_is() -> None:
    """Once there is a conversation to say it in."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob")
        assert stage.app.chat.current.name == "#general"
        assert stage.shows("work needs your password: /server work")

    Stage(names=("home",), problems=("work needs your password: /server work",)).play(scenario)


def test_the_next_start_goes_to_the_first_server_of_the_window(tmp_path: Path) -> None:
    """One that was opened beside it is kept as a profile, and no more than that."""
    here = places({"HOME": str(tmp_path)}, "linux")
    opener = Opener(here, "", lambda profile, first: f"{profile.user} {first}")
    said = []
    for name, first in (("", True), ("", False), ("home", True), ("home", False)):
        login = FakeErrands(kept=True)._login(Profile(name, Address("h.test"), "alice"))
        link = opener.link(login, patience=True, first=first)
        said.append(link.arrived())
        link.close("")
    assert said == ["alice True", "alice False", "alice True", ""]
