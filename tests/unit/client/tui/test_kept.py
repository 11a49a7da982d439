"""What the server keeps for the person and shows on every device: people, mutes, pins, and who is ignored."""

import pytest

from securechat.client.kept.desk import Desk
from tests.unit.client.tui.stage import NOW, OFFERED, Stage

WITH_METADATA = OFFERED | {"away-notify", "draft/metadata-2"}


def label_of(line: str) -> str:
    """The label of a request."""
    return line.removeprefix("@label=").partition(" ")[0].partition(";")[0]


async def answers(stage: Stage, what: str, *rows: str) -> str:
    """The server answers the last request that has this in it; return that."""
    line = next(line for line in reversed(stage.wire.sent()) if what in line)
    inside = [f"@batch=x {row}" for row in rows]
    label = label_of(line)
    await stage.says(f"@label={label} :s.test BATCH +x labeled-response", *inside, ":s.test BATCH -x")
    return line


def test_people_one_talks_with_appear_after_a_start() -> None:
    """Those of whom the server keeps something, not channels or services; closed ones only if they spoke."""

    async def scenario(stage: Stage) -> None:
        stage.wire.log_in(":alice!alice@s.test JOIN #general", ":s.test 366 alice #general :End")
        await stage.settle()
        line = await answers(
            stage,
            "CHATHISTORY TARGETS",
            ":s.test CHATHISTORY TARGETS bob 2026-11-20T10:00:00.000Z",
            ":s.test CHATHISTORY TARGETS #general 2026-11-20T10:00:00.000Z",
            ":s.test CHATHISTORY TARGETS nickserv 2026-11-20T10:00:00.000Z",
            ":s.test CHATHISTORY TARGETS carol 2026-11-20T10:00:00.000Z",
            ":s.test CHATHISTORY TARGETS dave 2026-11-21T10:00:00.000Z",
        )
        assert " timestamp=2026-11-22T11:45:00.123Z timestamp=1970-01-01T00:00:00.000Z " in line
        assert [place.name for place in stage.app.chat.conversations.values()][2:] == ["bob", "dave"]
        assert any("MARKREAD bob" in line for line in stage.wire.sent())

    closed = {"carol": NOW.wall, "dave": NOW.wall - 5 * 86_400_000}
    Stage(desk=Desk(closed=closed)).play(scenario)


def test_a_conversation_that_is_closed_stays_closed() -> None:
    """It is on the desk, until something is said there again."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob")
        await stage.said("bob", "hello", "alice")
        await stage.press("alt+a")
        await stage.enter("/part")
        await stage.said("carol", "hello", "alice")
        await stage.press("ctrl+q")

    stage = Stage()
    stage.play(scenario)
    assert stage.desk.closed == {"bob": NOW.wall} and stage.desk.people == ["carol"]


def test_what_is_muted_is_kept_on_the_server() -> None:
    """It tells the other devices; what they have muted is muted here, and nothing else."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob", lines=(":alice!alice@s.test JOIN #ops", ":s.test 366 alice #ops :End"))
        ask = stage.app.chat._muted_asked
        await stage.says(
            f"@label={ask} :s.test BATCH +m labeled-response",
            "@batch=m :s.test 770 alice soju.im/muted",
            "@batch=m :s.test METADATA #ops soju.im/muted * :1",
            ":s.test BATCH -m",
        )
        assert "∅" in stage.row_with("#ops") and "∅" not in stage.row_with("carol")
        await stage.enter("/mute")
        assert any(line.endswith("METADATA #general SET soju.im/muted 1") for line in stage.wire.sent())
        await stage.enter("/mute")
        assert any(line.endswith("METADATA #general SET soju.im/muted") for line in stage.wire.sent())
        await stage.says(":s.test METADATA #general soju.im/muted * :1")
        assert stage.app.chat.current.muted
        await stage.says(":s.test 766 alice #general soju.im/muted :The key is not set")
        assert not stage.app.chat.current.muted

    Stage(offered=WITH_METADATA, desk=Desk(people=["carol"], muted=["carol"])).play(scenario)


def test_without_metadata_a_mute_is_kept_here() -> None:
    """The server is asked for nothing."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob")
        await stage.enter("/mute")
        assert not any("METADATA" in line for line in stage.wire.sent())
        await stage.press("ctrl+q")

    stage = Stage()
    stage.play(scenario)
    assert stage.desk.muted == ["#general"]


def test_a_channel_can_notify_of_everything_or_nothing() -> None:
    """As it is chosen for it, and kept."""

    async def scenario(stage: Stage) -> None:
        told: list[str] = []
        await stage.log_in("bob")
        stage.app.notifier._write = told.append
        stage.app.notifier.focused = False
        for level, expected in (("mentions", [True]), ("all", [False, True]), ("nothing", [])):
            await stage.enter(f"/notify {level}")
            told.clear()
            await stage.said("bob", "nothing for anybody")
            await stage.said("bob", "alice?")
            assert ["alice?" in text for text in told] == expected, level
        await stage.enter("/notify loudly")
        assert stage.shows("Usage: /notify all | mentions | nothing")
        await stage.press("ctrl+q")

    stage = Stage()
    stage.play(scenario)
    assert stage.desk.notify == {"#general": "nothing"}


def test_who_is_ignored_is_not_seen_in_channels_either() -> None:
    """Nor counted, nor heard; the note says so, and it comes back when they are not ignored any more."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob", "eve")
        await stage.said("eve", "before it")
        await stage.enter("/ignore eve")
        assert any(line.endswith("SILENCE +eve") for line in stage.wire.sent())
        await stage.says(":alice!alice@s.test SILENCE +$a:eve")
        await stage.said("eve", "alice, buy this")
        await stage.said("bob", "fine")
        assert not stage.shows("before it") and not stage.shows("buy this") and stage.shows("fine")
        await stage.says(":alice!alice@s.test SILENCE -$a:eve")
        assert stage.shows("before it") and stage.shows("buy this")

    Stage().play(scenario)


def test_the_list_of_the_ignored_says_what_is_hidden() -> None:
    """It comes quietly at a login, and in words when it is asked for; a mask counts, too."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob", "eve")
        assert not stage.shows("You ignore")
        stage.wire.sent()
        await stage.enter("/ignore mallory")
        sent = stage.wire.sent()
        assert [line.partition(" ")[2] for line in sent] == ["SILENCE +mallory", "SILENCE"]
        await stage.says(
            f"@label={label_of(sent[1])} :s.test BATCH +x labeled-response",
            "@batch=x :s.test 271 alice alice $a:mallory",
            "@batch=x :s.test 271 alice alice eve!*@*",
            "@batch=x :s.test 272 alice alice :End of SILENCE list",
            ":s.test BATCH -x",
        )
        assert stage.shows("You ignore mallory, eve!*@*")
        assert stage.shows("What they say in channels is hidden here, too")
        await stage.said("eve", "buy this")
        assert not stage.shows("buy this")

    Stage().play(scenario)


def test_pins_are_shown_at_the_message_and_listed() -> None:
    """The list goes there; the key pins and takes the pin off."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob")
        first = await stage.said("bob", "the rules")
        await stage.said("bob", "noise")
        await stage.says(f":s.test NOTE PIN PINNED #general {first} carol :carol has pinned it")
        assert stage.shows("📌 pinned by carol") and "📌 1" in stage.rows()[0]
        await stage.press("alt+up", "alt+up", "p")
        assert any(line.endswith(f"UNPIN #general {first}") for line in stage.wire.sent())
        await stage.press("alt+down", "p", "escape")
        assert any(" PIN #general m" in line for line in stage.wire.sent())
        await stage.enter("/pins")
        pin = f":s.test NOTE PINS PIN #general {first} carol 2026-11-20T10:00:00.000Z :<bob> the rules"
        await answers(stage, "PINS", pin, ":s.test NOTE PINS END_OF_PINS #general :End of pins")
        assert stage.shows("#general: 1 pinned message") and stage.shows("<bob> the rules")
        await stage.press("enter")
        selected = stage.app.timeline.selected
        assert selected is not None and selected.id == first
        await stage.says(f":s.test NOTE UNPIN UNPINNED #general {first} carol :carol has unpinned it")
        assert not stage.shows("📌")

    Stage().play(scenario)


def test_pins_are_known_when_a_channel_is_opened() -> None:
    """They are asked for once, quietly."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob", lines=(":alice!alice@s.test JOIN #ops", ":s.test 366 alice #ops :End"))
        first = await stage.said("bob", "the rules", "#ops")
        stage.wire.sent()
        await stage.press("ctrl+k", "o", "p", "enter")
        pin = f":s.test NOTE PINS PIN #ops {first} carol 2026-11-20T10:00:00.000Z :<bob> the rules"
        await answers(stage, "PINS #ops", pin)
        assert stage.shows("📌 pinned by carol") and not stage.shows("<bob>")

    Stage().play(scenario)


@pytest.mark.parametrize("keys", [["f3"], ["/names"]])
def test_who_is_here_is_shown_with_ranks_in_signs_and_words(keys: list[str]) -> None:
    """Names at once; ranks, who is away and who is a bot when the server has told; Enter writes to one."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob", "carol", "deploy")
        stage.wire.sent()
        if keys[0].startswith("/"):
            await stage.enter(keys[0])
        else:
            await stage.press(*keys)
        assert stage.shows("#general: 4 people are here") and stage.shows("carol")
        row = ":s.test 352 alice #general {0} s.test s.test {0} {1} :0 {0}"
        people = (("alice", "H~"), ("bob", "G@"), ("carol", "H"), ("deploy", "HB+"))
        await answers(stage, "WHO #general", *(row.format(*person) for person in people))
        shown = [row.strip(" │▌▎").rstrip() for row in stage.rows() if "alice  " in row or "bob  " in row]
        assert any("~" in row and "founder" in row for row in shown)
        assert any("@◑" in row and "operator, away" in row for row in shown)
        assert "speaker, bot" in stage.row_with("deploy  ")
        await stage.press("c", "a", "enter")
        assert stage.app.chat.current.name == "carol"

    Stage().play(scenario)


def test_somebody_who_is_away_has_a_sign() -> None:
    """And none when they are back."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob")
        await stage.said("bob", "hello", "alice")
        await stage.press("alt+a")
        await stage.says(":bob!bob@s.test AWAY :lunch")
        assert "◑" in stage.row_with("▌ bob")
        await stage.says(":bob!bob@s.test AWAY")
        assert "◑" not in stage.row_with("▌ bob")

    Stage(offered=WITH_METADATA).play(scenario)


def test_who_comes_and_goes_is_told_together() -> None:
    """In one row until somebody speaks; a click or the setting tells each, and who is put out is told."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob")
        await stage.says(":carol!c@s JOIN #general")
        assert stage.shows("· carol is here")
        await stage.says(":dave!d@s JOIN #general", ":carol!c@s QUIT :Quit: bye", ":dave!d@s NICK :dav")
        assert stage.shows("2 joined, 1 left, 1 renamed: carol, dave, dav")
        y = next(y for y, row in enumerate(stage.rows()) if "2 joined" in row)
        await stage.pilot.click(offset=(50, y))
        await stage.settle()
        assert stage.shows("carol has left the chat (bye)") and not stage.shows("2 joined")
        await stage.said("bob", "who was that?")
        await stage.says(":eve!e@s JOIN #general", ":bob!b@s KICK #general eve :spam")
        assert stage.shows("eve is here") and stage.shows("bob has put eve out (spam)")
        await stage.enter("/set presence hide")
        assert not stage.shows("eve is here") and stage.shows("bob has put eve out (spam)")

    Stage().play(scenario)
