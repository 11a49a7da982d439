"""What is written goes where the person meant it, also when the window goes elsewhere meanwhile."""

from textual import events

from tests.unit.client.tui.stage import Stage
from tests.unit.client.tui.test_typing_ahead import OPS, sent

LINES = "\n".join(f"line {number}" for number in range(8))


def test_a_long_paste_goes_to_no_other_conversation_than_it_was_asked_about() -> None:
    """It waits as the draft of the conversation that has gone from the window."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob", lines=OPS)
        await stage.enter("/part #general")
        await stage.burst(events.Paste(LINES), "enter")
        assert stage.shows("Send 8 lines as one message to #general?")
        await stage.says(":alice!alice@s.test PART #general")
        stage.wire.sent()
        await stage.press("enter")
        assert sent(stage) == []
        assert stage.app.composer.text == "" and stage.app.server.desk.drafts == {"#general": LINES}
        assert stage.shows("Nothing was sent: you are in #ops now.")

    Stage().play(scenario)


def test_where_nobody_reads_nothing_is_asked() -> None:
    """A long paste in the window on the server itself is not to be sent."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob")
        stage.app.work.show("")
        await stage.burst(events.Paste(LINES), "enter")
        assert stage.shows("Nobody reads this here") and stage.app.composer.text == LINES

    Stage().play(scenario)


def test_a_reaction_goes_to_the_message_that_was_selected() -> None:
    """And to none of the conversation that was shown meanwhile."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob", lines=OPS)
        await stage.said("bob", "elsewhere", "#ops")
        await stage.said("bob", "here")
        await stage.enter("/part #general")
        await stage.press("alt+up", "+")
        await stage.says(":alice!alice@s.test PART #general")
        stage.wire.sent()
        await stage.press("enter")
        assert not any("TAGMSG" in line for line in stage.wire.sent())

    Stage().play(scenario)


def test_the_window_goes_nowhere_while_something_is_written() -> None:
    """A channel that is entered late is not shown under what was begun: it would get the rest of it."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob")
        await stage.enter("/join #ops")
        await stage.burst("see you ")
        await stage.says(*OPS)
        stage.wire.sent()
        await stage.burst("later", "enter")
        assert sent(stage) == ["#general see you later"]
        assert stage.shows("You are in #ops now: Ctrl+K goes there")

    Stage().play(scenario)


def test_what_is_written_before_the_login_is_kept() -> None:
    """It goes along to the conversation that is shown then, unless there is a draft."""

    async def scenario(stage: Stage) -> None:
        await stage.burst("good mor")
        await stage.log_in("bob")
        stage.wire.sent()
        await stage.burst("ning", "enter")
        assert sent(stage) == ["#general good morning"]

    Stage().play(scenario)
