"""Keys that come faster than they are handled, as over a slow line: each is done before the next."""

from textual import events

from tests.unit.client.tui.stage import Stage

OPS = (":alice!alice@s.test JOIN #ops", ":s.test 366 alice #ops :End")


def sent(stage: Stage) -> list[str]:
    """What was said since the last look, without labels and tags."""
    return [
        line.partition("PRIVMSG ")[2].replace(" :", " ", 1)
        for line in stage.wire.sent()
        if "PRIVMSG " in line
    ]


def test_a_text_goes_where_it_was_typed() -> None:
    """Leaving for another conversation in the same breath takes neither the text nor the draft along."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob", lines=OPS)
        await stage.said("bob", "one", "#ops")
        stage.wire.sent()
        await stage.burst("hello", "enter", "draft", "alt+a", "there", "enter")
        assert sent(stage) == ["#general hello", "#ops there"]
        assert stage.app.server.desk.drafts == {"#general": "draft"}

    Stage().play(scenario)


def test_what_is_typed_after_an_edit_stays() -> None:
    """The end of an edit clears the draft before the next text begins."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob")
        await stage.enter("hallo")
        await stage.confirm()
        stage.wire.sent()
        await stage.burst("/edit hello", "enter", "all of it", "enter")
        assert sent(stage) == ["#general hello", "#general all of it"]

    Stage().play(scenario)


def test_keys_that_edit_keep_their_place() -> None:
    """Ctrl+U clears what was before it, not what comes after it."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob")
        await stage.burst("wrong", "ctrl+u", "right", "backspace", "T", "enter")
        assert sent(stage) == ["#general righT"]

    Stage().play(scenario)


def test_a_refused_command_does_not_lose_what_follows() -> None:
    """It comes back to the composer, and what is typed next goes behind it."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob")
        await stage.burst("/jion", "enter", " #x")
        assert stage.app.composer.text == "/jion #x"
        assert sent(stage) == []

    Stage().play(scenario)


def test_a_dialog_takes_its_keys_and_no_others() -> None:
    """What is typed after Ctrl+K is its filter, up to Enter; the rest is for the conversation."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob", lines=OPS)
        stage.wire.sent()
        await stage.burst("ctrl+k", "ops", "enter", "there", "enter")
        assert sent(stage) == ["#ops there"]
        await stage.burst("ctrl+k", "escape", "again", "enter")
        assert sent(stage) == ["#ops again"]

    Stage().play(scenario)


def test_pasted_lines_wait_for_the_keys_before_them() -> None:
    """A paste goes behind what was typed before it."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob")
        await stage.burst("see ", events.Paste("this"), "!", "enter")
        assert sent(stage) == ["#general see this!"]

    Stage().play(scenario)
