"""Threads: replies are folded under the first message, and nothing that is said there is missed."""

import itertools

import pytest

from securechat.client.tui.conversation import Conversation
from securechat.client.tui.entries import Post
from securechat.client.tui.looks import Looks
from securechat.client.tui.settings import Settings
from tests.unit.client.tui.stage import NOW, Stage

INLINE = Settings({"threads": "inline"})


def talk(stage: Stage) -> list[str]:
    """The rows of the timeline."""
    return [row[24:].strip(" │").strip() for row in stage.rows()[1:-2] if row[24:].strip(" │")]


def test_a_reply_in_a_thread_says_what_it_answers_when_that_is_not_right_above() -> None:
    """What answers the first message, or the reply before, need not say so."""

    async def scenario(stage: Stage) -> None:
        first = await three_replies(stage)
        await stage.press("alt+t")
        assert not stage.shows("↪")
        slow = next(post for thread in stage.app.chat.current.threads for post in thread.replies)
        await stage.said("dave", "how slow?", tags=f";+draft/reply={slow.id}")
        assert stage.shows("↪ carol: looks slow") and first

    Stage().play(scenario)


async def three_replies(stage: Stage) -> str:
    """Bob says something, three people answer, and dave says something else."""
    await stage.log_in("bob", "carol", "dave")
    first = await stage.said("bob", "rolling out")
    second = await stage.said("carol", "looks slow", tags=f";+draft/reply={first}")
    await stage.said("dave", "something else")
    await stage.said("bob", "I see it", tags=f";+draft/reply={second}")
    await stage.said("carol", "better now", tags=f";+reply={first}")
    return first


def test_replies_are_folded_under_the_first_message() -> None:
    """Also a reply to a reply; the row says how many, who spoke last, and what is new; a key opens it."""

    async def scenario(stage: Stage) -> None:
        await three_replies(stage)
        rows = talk(stage)
        assert rows[-3].endswith("rolling out") and rows[-1].endswith("something else")
        assert rows[-2].startswith("↳ 3 replies, last by carol 11:45  3 new")
        assert "↳ 3 new replies (Alt+U)" in stage.rows()[-2]
        await stage.press("alt+t")
        rows = talk(stage)
        assert rows[-5].startswith("▾ 3 replies") and "new" not in rows[-5]
        assert [row.split("  ")[-1].strip() for row in rows[-4:]] == [
            "looks slow", "I see it", "better now", "something else"
        ]  # fmt: skip
        assert all(row.startswith("┊ ") for row in rows[-4:-1])
        await stage.press("alt+t")
        assert talk(stage)[-2].startswith("↳ 3 replies") and not stage.shows("looks slow")

    Stage().play(scenario)


def test_inline_replies_stand_where_they_were_said() -> None:
    """With what they answer; the setting works at once, both ways."""

    async def scenario(stage: Stage) -> None:
        await three_replies(stage)
        assert talk(stage)[-1].endswith("better now") and stage.shows("↪ bob: rolling out")
        await stage.enter("/set threads folded")
        assert stage.shows("↳ 3 replies") and not stage.shows("better now")
        await stage.enter("/set threads inline")
        assert stage.shows("better now") and not stage.shows("3 replies")
        assert stage.saved[-1]["threads"] == "inline"

    Stage(settings=INLINE).play(scenario)


def test_another_language_is_shown_at_once() -> None:
    """Also in rows that were drawn before."""

    async def scenario(stage: Stage) -> None:
        await three_replies(stage)
        await stage.enter("/set language ru")
        assert stage.shows("↳ 3 ответа, последний carol") and not stage.shows("3 replies")
        await stage.enter("/set language en")
        assert stage.shows("↳ 3 replies")

    Stage().play(scenario)


def test_a_click_on_the_row_opens_and_closes_it() -> None:
    """Without a key."""

    async def scenario(stage: Stage) -> None:
        await three_replies(stage)
        y = next(y for y, row in enumerate(stage.rows()) if "3 replies" in row)
        await stage.pilot.click(offset=(50, y))
        await stage.settle()
        assert stage.shows("▾ 3 replies") and stage.shows("better now")
        y = next(y for y, row in enumerate(stage.rows()) if "3 replies" in row)
        await stage.pilot.click(offset=(50, y))
        await stage.settle()
        assert stage.shows("↳ 3 replies") and not stage.shows("better now")

    Stage().play(scenario)


def test_a_mention_opens_its_thread() -> None:
    """It is not counted as hidden then."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob", "carol")
        first = await stage.said("bob", "rolling out")
        await stage.said("carol", "alice, look", tags=f";+draft/reply={first}")
        assert stage.shows("▾ 1 reply") and stage.shows("alice, look")
        assert "new repl" not in stage.rows()[-2]

    Stage().play(scenario)


def test_what_is_written_in_an_open_thread_answers_its_first_message() -> None:
    """Also what one does; Escape leaves and closes the thread, and then it goes to the channel."""

    async def scenario(stage: Stage) -> None:
        first = await three_replies(stage)
        await stage.press("alt+t")
        assert "In the thread of bob: rolling out" in stage.rows()[-2]
        stage.wire.sent()
        await stage.enter("on it")
        await stage.enter("/me runs")
        sent = [line for line in stage.wire.sent() if "PRIVMSG" in line]
        assert len(sent) == 2 and all(f"+draft/reply={first} " in line for line in sent)
        assert stage.row_with("on it").endswith("·") and "┊" in stage.row_with("on it")
        await stage.press("escape")
        assert stage.shows("↳ 5 replies") and not stage.shows("on it")
        await stage.enter("to all")
        assert not any("+draft/reply" in line for line in stage.wire.sent() if "PRIVMSG" in line)

    Stage().play(scenario)


def test_ones_own_reply_is_in_sight() -> None:
    """Its thread opens, wherever on the screen it is; the server's echo keeps it there."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob")
        first = await stage.said("bob", "the question")
        for number in range(60):
            await stage.said("bob", f"noise {number}")
        question = stage.app.chat.current.find(first)
        assert question is not None
        stage.app.timeline.jump(question)
        stage.app.timeline.selected = question
        stage.app.work.act("r")
        await stage.enter("the answer")
        assert stage.shows("the answer") and stage.shows("▾ 1 reply, last by alice")
        await stage.confirm()
        assert stage.row_with("the answer").endswith("✓")

    Stage().play(scenario)


def test_the_key_for_what_is_new_goes_to_a_hidden_reply() -> None:
    """It opens the thread and shows the reply, however far above it is."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob")
        first = await stage.said("bob", "the question")
        for number in range(60):
            await stage.said("bob", f"noise {number}")
        await stage.said("bob", "the answer", tags=f";+draft/reply={first}")
        assert not stage.shows("the answer") and "↳ 1 new reply (Alt+U)" in stage.rows()[-2]
        await stage.press("alt+u")
        assert stage.shows("the answer") and "new repl" not in stage.rows()[-2]

    Stage().play(scenario)


def test_messages_are_selected_as_they_are_shown() -> None:
    """Up from below a thread goes into it when it is open, and past it when it is closed."""

    async def scenario(stage: Stage) -> None:
        await three_replies(stage)
        chosen = []
        for keys in (["alt+up"] * 2, ["escape", "alt+t", "alt+up", "alt+up"], ["alt+up"], ["alt+down"] * 2):
            await stage.press(*keys)
            selected = stage.app.timeline.selected
            chosen.append(selected.text if selected is not None else "")
        assert chosen == ["rolling out", "better now", "I see it", "something else"]

    Stage().play(scenario)


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_a_thread_is_the_same_in_whatever_order_it_is_read(order: tuple[int, ...]) -> None:
    """A reply whose message is not there yet stands for itself; then it is in its place."""
    posts = [
        Post(NOW.wall + n, "bob", f"p{n}", f"m{n}", answers=answers)
        for n, answers in enumerate(("", "m0", "m1", "m0"))
    ]
    place = Conversation("#general")
    for number in order:
        place.add(posts[number])
    (thread,) = place.threads
    assert thread.first is posts[0] and thread.replies == posts[1:]
    assert [post.text for post in posts if place.folded(post)] == ["p1", "p2", "p3"]


def test_messages_that_answer_each_other_are_no_endless_thread() -> None:
    """Only a server that does not mean well sends such."""
    place = Conversation("#general", looks=Looks())
    posts = [
        Post(NOW.wall, "eve", "x", name, answers=to) for name, to in (("a", "b"), ("b", "a"), ("c", "c"))
    ]
    for post in posts:
        place.add(post)
    (thread,) = place.threads
    assert len(thread.replies) == 1 and sum(place.folded(post) for post in posts) == 1
