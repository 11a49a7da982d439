"""The app as a person uses it: what is typed, what is shown, and what the server gets."""

import pytest

from securechat.client.kept.desk import Desk
from securechat.client.tui.entries import Missing
from securechat.client.tui.settings import Settings
from tests.unit.client.tui.stage import OFFERED, Stage


def test_a_message_is_on_its_way_and_then_stored() -> None:
    """The dot is there at once; the tick comes with the server's echo, in the server's order."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob")
        await stage.enter("hello")
        assert stage.row_with("hello").endswith("·")
        await stage.said("bob", "first")
        assert [row[31:].split()[-1] for row in stage.rows() if "bob  " in row or "hello" in row] == [
            "first",
            "·",
        ]
        await stage.confirm()
        assert stage.row_with("hello").endswith("✓")
        assert stage.app.composer.text == ""

    Stage().play(scenario)


def test_a_refused_message_says_why_and_can_be_sent_again() -> None:
    """The cross is there, the reason too, and /retry sends the same text."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob")
        stage.wire.sent()
        await stage.enter("hello")
        (line,) = [line for line in stage.wire.sent() if "PRIVMSG" in line]
        label = line.removeprefix("@label=").partition(";")[0]
        await stage.says(f"@label={label} :s.test 404 alice #general :You may not speak")
        assert stage.row_with("hello").endswith("✗") or stage.shows("✗")
        assert stage.shows("You may not speak")
        await stage.enter("/retry")
        assert any("PRIVMSG #general hello" in line for line in stage.wire.sent())
        assert not stage.shows("✗")

    Stage().play(scenario)


def test_an_unknown_command_is_never_sent() -> None:
    """It comes back to be corrected; two slashes send one."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob")
        stage.wire.sent()
        await stage.enter("/jion #x")
        assert stage.wire.sent() == []
        assert stage.shows("Unknown command /jion") and stage.app.composer.text == "/jion #x"
        await stage.enter("//jion")
        assert any(line.endswith("PRIVMSG #general /jion") for line in stage.wire.sent())

    Stage().play(scenario)


def test_what_is_new_elsewhere_is_counted_and_gone_to() -> None:
    """Side bar and title count it; Alt+A goes there, and reading it is told to the server."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob", lines=(":alice!alice@s.test JOIN #ops", ":s.test 366 alice #ops :End"))
        await stage.said("bob", "one", "#ops")
        await stage.said("bob", "two for alice", "#ops")
        assert "@1 2" in stage.row_with("#ops")
        assert stage.rows()[0].split("alice")[-1].startswith("  2 new  1 @")
        stage.wire.sent()
        await stage.press("alt+a")
        assert stage.shows("2 new since") and "one" in stage.row_with("one")
        assert any("MARKREAD #ops timestamp=" in line for line in stage.wire.sent())
        assert "new" not in stage.rows()[0]

    Stage().play(scenario)


def test_a_divider_stays_while_the_conversation_is_open() -> None:
    """What comes while one looks does not move it; opening anew does."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob")
        await stage.said("eve", "psst", "alice")
        await stage.press("alt+a")
        await stage.said("eve", "again", "alice")
        assert stage.shows("1 new since")
        await stage.press("alt+pageup")
        await stage.press("alt+pagedown")
        assert not stage.shows("new since")

    Stage().play(scenario)


def test_history_comes_by_going_up() -> None:
    """The page goes in above, what one reads does not move, and the end of it is the end."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob")
        place = stage.app.chat.current
        place.entries.clear()
        stage.app.chat.conversations.clear()
        place = stage.app.chat.at("#general")
        stage.app.work.open(place)
        await stage.settle()
        page = [
            f"@msgid=h{n};time=2026-11-20T10:00:{n:02}.000Z :bob!b@s PRIVMSG #general :old {n}"
            for n in range(50)
        ]
        await stage.answer_history(*page)
        assert stage.shows("old 49") and not stage.shows("old 1 ")
        await stage.press(*["pageup"] * 4)
        assert any("CHATHISTORY BEFORE #general msgid=h0 100" in line for line in _peek(stage))
        await stage.answer_history("@msgid=g1;time=2026-11-19T10:00:00.000Z :bob!b@s PRIVMSG #general :older")
        await stage.press("pageup")
        assert stage.shows("older") and stage.shows("Thursday 2026-11-19")
        await stage.answer_history()
        await stage.press("pageup")
        assert _peek(stage) == [] and stage.shows("older")
        await stage.press("end")
        assert stage.shows("old 49")

    Stage().play(scenario)


def _peek(stage: Stage) -> list[str]:
    """What the app has asked for, without taking it away."""
    sent = stage.wire.sent()
    for line in sent:
        stage.wire.session._output.append(f"{line}\r\n".encode())
    return sent


def test_the_input_stays_while_the_connection_is_lost() -> None:
    """What is written then is sent when it is back, once."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob")
        stage.wire.session.lose()
        from securechat.client.events import Disconnected

        stage.mailbox.put([Disconnected("the connection was cut", 0.5, 0)])
        await stage.settle()
        assert stage.shows("No connection: the connection was cut") and stage.shows("○ offline")
        await stage.enter("typed meanwhile")
        assert stage.row_with("typed meanwhile").endswith("·") and stage.shows("1 message on its way")
        stage.wire.session.open(stage.wire.now)
        await stage.log_in("bob")
        await stage.enter("/names")
        assert stage.shows("● online")

    Stage().play(scenario)


def test_replies_reactions_edits_and_deletions_are_shown_in_place() -> None:
    """No row of its own for any of them."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob", "carol")
        first = await stage.said("bob", "rolling out")
        await stage.said("carol", "looks slow", tags=f";+draft/reply={first}")
        await stage.says(f"@+draft/reply={first};+draft/react=👍 :carol!c@s TAGMSG #general")
        await stage.says(f"@+draft/reply={first};+draft/react=👍 :alice!alice@s.test TAGMSG #general")
        assert stage.shows("↳ 1 reply, last by carol") and stage.shows("[👍 2]")
        assert not stage.shows("looks slow")
        await stage.said("bob", "rolled out", tags=f";+securechat/edit={first}")
        assert stage.shows("rolled out (edited)") and not stage.shows("rolling out (")
        await stage.says(f":carol!c@s REDACT #general {first}")
        assert stage.shows("(taken back by carol)") and not stage.shows("rolled out")

    Stage().play(scenario)


def test_the_selected_message_is_answered_changed_and_taken_back() -> None:
    """Letters do it while nothing is written."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob")
        theirs = await stage.said("bob", "question?")
        await stage.enter("my answr")
        mine = await stage.confirm()
        await stage.press("alt+up", "e")
        assert stage.app.composer.text == "my answr" and stage.shows("You change: alice: my answr")
        stage.app.composer.put("my answer")
        await stage.press("enter")
        assert any(f"+securechat/edit={mine}" in line for line in stage.wire.sent())
        await stage.press("alt+up", "alt+up", "r")
        await stage.enter("yes")
        assert any(f"+draft/reply={theirs} PRIVMSG #general yes" in line for line in stage.wire.sent())
        await stage.enter("/delete")
        assert any(f"REDACT #general {mine}" in line for line in stage.wire.sent())

    Stage().play(scenario)


def test_a_long_paste_is_asked_about_and_sent_in_one_piece() -> None:
    """Escape gives the text back, Enter sends one message."""

    async def scenario(stage: Stage) -> None:
        from textual.events import Paste

        await stage.log_in("bob")
        stage.wire.sent()
        text = "\n".join(f"line {n}" for n in range(8))
        stage.app.composer.post_message(Paste(text))
        await stage.press("enter")
        assert stage.shows("Send 8 lines as one message to #general?")
        await stage.press("escape")
        assert stage.app.composer.text == text
        assert not any("PRIVMSG" in line for line in stage.wire.sent())
        stage.app.composer.put("")
        stage.app.composer.post_message(Paste(text))
        await stage.press("enter", "enter")
        sent = stage.wire.sent()
        assert sum("BATCH +" in line for line in sent) == 1 and sum("PRIVMSG" in line for line in sent) == 8

    Stage().play(scenario)


def test_tab_completes_commands_channels_people_and_emoji() -> None:
    """Again, the next one."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob", "bert")
        for typed, keys, completed in (
            ("/rep", 1, "/reply "),
            ("bo", 1, "bob: "),
            ("b", 2, "bob: "),
            ("hi be", 1, "hi bert "),
            ("see #gen", 1, "see #general "),
            (":tad", 1, "🎉 "),
            ("zzz", 1, "zzz"),
        ):
            stage.app.composer.put(typed)
            await stage.press(*["tab"] * keys)
            assert stage.app.composer.text == completed

    Stage().play(scenario)


def test_the_switcher_goes_to_what_is_typed() -> None:
    """A part of the name is enough."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob", lines=(":alice!alice@s.test JOIN #ops", ":s.test 366 alice #ops :End"))
        await stage.press("ctrl+k", "o", "p", "enter")
        assert stage.app.chat.current.name == "#ops"
        await stage.press("ctrl+k", "escape")
        assert stage.app.chat.current.name == "#ops"

    Stage().play(scenario)


def test_a_draft_stays_with_its_conversation() -> None:
    """And on the desk, for the next start."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob")
        stage.app.composer.put("half a thou")
        await stage.press("alt+pagedown")
        assert stage.app.composer.text == ""
        await stage.press("alt+pageup")
        assert stage.app.composer.text == "half a thou"
        await stage.press("ctrl+q")

    stage = Stage()
    stage.play(scenario)
    assert stage.desk.drafts == {"#general": "half a thou"} and stage.desk.current == "#general"


def test_the_desk_is_as_it_was() -> None:
    """People, drafts and what is muted come back."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob")
        assert stage.shows("carol") and "∅" in stage.row_with("carol")
        await stage.press("ctrl+k", "c", "a", "enter")
        assert stage.app.composer.text == "dear carol"

    Stage(desk=Desk({"carol": "dear carol"}, ["carol"], ["carol"], "#general")).play(scenario)


def test_somebody_who_types_is_named() -> None:
    """Until they say it or six seconds have passed; one's own typing is told."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob")
        await stage.says("@+typing=active :bob!b@s TAGMSG #general")
        assert stage.shows("bob is typing…")
        await stage.said("bob", "done")
        assert not stage.shows("bob is typing…")
        stage.wire.sent()
        await stage.press("h", "i")
        assert [line for line in stage.wire.sent() if "typing" in line] == ["@+typing=active TAGMSG #general"]

    Stage().play(scenario)


def test_a_search_finds_and_goes_there() -> None:
    """The words of the person become the query of the server; what is not here is read around it."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob")
        await stage.enter("/search pool size in:#general")
        (line,) = [line for line in stage.wire.sent() if "SEARCH" in line]
        assert line.endswith(r"SEARCH in=#general;text=pool\ssize")
        label = line.removeprefix("@label=").partition(" ")[0]
        hit = "msgid=f1;time=2026-11-20T10:00:00.000Z :bob!b@s PRIVMSG #general :the pool size is 40"
        await stage.says(
            f"@label={label} :s.test BATCH +q soju.im/search", f"@batch=q;{hit}", ":s.test BATCH -q"
        )
        assert stage.shows("1 message found") and stage.shows("the pool size is 40")
        await stage.press("enter")
        assert any("CHATHISTORY AROUND #general msgid=f1" in line for line in _peek(stage))

    Stage().play(scenario)


def test_a_search_finds_what_was_edited() -> None:
    """Also where the message that was edited is on the screen: going there selects it."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob")
        first = await stage.said("bob", "the pool is 20")
        edit = await stage.said("bob", "the pool is 40", tags=f";+securechat/edit={first}")
        await stage.enter("/search pool")
        (line,) = [line for line in stage.wire.sent() if "SEARCH" in line]
        label = line.removeprefix("@label=").partition(" ")[0]
        hit = f"msgid={edit};time=2026-11-20T10:00:00.000Z;+securechat/edit={first} :bob!b@s PRIVMSG #general"
        await stage.says(
            f"@label={label} :s.test BATCH +q soju.im/search",
            f"@batch=q;{hit} :the pool is 40",
            ":s.test BATCH -q",
        )
        assert stage.shows("1 message found")
        await stage.press("enter")
        assert stage.app.timeline.selected is stage.app.chat.current.find(first)

    Stage().play(scenario)


def test_going_to_an_edit_that_is_not_here_reads_what_is_around_it() -> None:
    """The edited message is selected, in its place, and what is between says that it is missing."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob")
        await stage.enter("/search pool")
        (line,) = [line for line in stage.wire.sent() if "SEARCH" in line]
        label = line.removeprefix("@label=").partition(" ")[0]
        edit = (
            "msgid=e2;time=2026-11-20T10:01:00.000Z;+securechat/edit=e1 :bob!b@s PRIVMSG #general :pool is 40"
        )
        await stage.says(
            f"@label={label} :s.test BATCH +q soju.im/search", f"@batch=q;{edit}", ":s.test BATCH -q"
        )
        place = stage.app.chat.current
        if not any(isinstance(entry, Missing) for entry in place.entries):
            place.entries.insert(0, Missing(0, top=True))
        await stage.press("enter")
        await stage.answer_history(
            "@msgid=e0;time=2026-11-20T09:59:00.000Z :bob!b@s PRIVMSG #general :before",
            "@msgid=e1;time=2026-11-20T10:00:00.000Z :bob!b@s PRIVMSG #general :pool is 20",
            f"@{edit}",
        )
        selected = stage.app.timeline.selected
        assert selected is not None and (selected.text, selected.edited) == ("pool is 40", True)
        assert stage.shows("pool is 40 (edited)") and not stage.shows("pool is 20")

    Stage().play(scenario)


@pytest.mark.parametrize("width", [60, 89, 90, 200])
def test_the_side_bar_needs_room(width: int) -> None:
    """Below 90 columns there is none."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob")
        assert any("▾ Channels" in row for row in stage.rows()) == (width >= 90)
        assert all(len(row) <= width for row in stage.rows())

    Stage(size=(width, 20)).play(scenario)


def test_a_mention_is_told_to_a_person_who_looks_elsewhere() -> None:
    """Once, made safe; not what was said earlier, not in a muted conversation, not while one looks."""

    async def scenario(stage: Stage) -> None:
        from textual.events import AppBlur, AppFocus

        await stage.log_in("bob")
        told: list[str] = []
        stage.app.notifier._write = told.append
        await stage.said("bob", "alice?")
        stage.app.post_message(AppBlur())
        await stage.settle()
        await stage.said("bob", "nothing for anybody")
        await stage.said("bob", "alice \x1b]0;x\x07 look")
        assert told == ["\x1b]9;bob (#general): alice ␛]0;x␇ look\x07\x07"]
        await stage.enter("/mute")
        await stage.said("bob", "alice!")
        stage.app.post_message(AppFocus())
        await stage.settle()
        assert len(told) == 1

    Stage().play(scenario)


def test_settings_are_kept_and_wrong_ones_named() -> None:
    """Themes and the rest."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob")
        await stage.enter("/theme light")
        assert stage.app.theme == "light" and stage.saved[-1]["theme"] == "light"
        await stage.enter("/theme pink")
        assert stage.shows("The themes are dark, light, ansi-dark, ansi-light")
        stage.app.composer.put("")
        await stage.enter("/set presence hide")
        await stage.says(":carol!c@s JOIN #general")
        assert not stage.shows("carol is here")
        await stage.enter("/set presence show")
        assert stage.shows("carol is here")

    Stage().play(scenario)


def test_keys_can_be_others() -> None:
    """What the settings say counts, and the hints say it."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob")
        assert stage.shows("Ctrl+G go to")
        await stage.press("ctrl+g")
        assert stage.shows("Go to")

    Stage(settings=Settings({}, {"switcher": "ctrl+g"})).play(scenario)


def test_help_lists_every_key_and_command() -> None:
    """F1 opens it, Escape closes it."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob")
        await stage.press("f1")
        assert stage.shows("Ctrl+K") and stage.shows("go to a channel or person by name")
        assert stage.shows("Alt+PageUp") and stage.shows("Alt+PageDown")
        await stage.press("escape")
        assert not stage.shows("go to a channel or person by name")

    Stage(size=(100, 40)).play(scenario)


def test_keys_go_to_what_is_open_above_the_conversation() -> None:
    """PageDown reads on in the help and moves nothing behind it; F1 closes it and opens no second one."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob")
        for count in range(40):
            await stage.said("bob", f"line {count}")
        await stage.press("f1")
        await stage.press("pagedown")
        assert stage.shows("select a message") is False and stage.shows("/join #CHANNEL")
        await stage.press("pageup")
        assert stage.shows("Ctrl+K")
        await stage.press("alt+up", "ctrl+k", "f1")
        assert len(stage.app.screen_stack) == 1
        assert stage.shows("line 39") and stage.app.timeline.selected is None

    Stage(size=(100, 30)).play(scenario)


def test_the_way_out_of_a_selection_is_told_on_a_narrow_screen() -> None:
    """What selected messages offer is cut at its end, where Escape was."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob")
        await stage.said("bob", "a line")
        await stage.press("alt+up")
        assert stage.shows("Esc back  r reply")

    Stage(size=(80, 24)).play(scenario)


def test_a_server_that_can_little_is_asked_for_little() -> None:
    """No history, no search, no markers: nothing is asked for, and search says so."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob")
        await stage.said("bob", "alice?")
        await stage.enter("/search x")
        assert stage.shows("This server cannot search")
        sent = stage.wire.sent()
        assert not any(word in line for line in sent for word in ("CHATHISTORY", "MARKREAD", "SEARCH"))

    few = {"draft/chathistory", "draft/read-marker", "soju.im/search", "securechat/reactions"}
    Stage(offered=OFFERED - few).play(scenario)


def test_a_window_that_is_taken_down_is_left_alone() -> None:
    """The app's own second, and what the server still says, find a window without its parts at the end."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob")
        await stage.app.composer.remove()
        assert not stage.app.stands
        stage.app._tick()
        await stage.said("bob", "still here?")
        stage.app.redraw()

    Stage().play(scenario)
