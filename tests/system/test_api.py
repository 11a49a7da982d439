"""The Python API against a real server: everything that a bot does, by threads and by asyncio."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from typing import TypeVar

import pytest

from securechat.client import (
    AsyncClient,
    Client,
    Kind,
    Message,
    Options,
    Reacted,
    Redacted,
    Refused,
    SecureChatHandler,
    Tagged,
    Typing,
)
from securechat.client.events import Event
from tests.system.server_process import DEADLINE, PASSWORD, ServerProcess

E = TypeVar("E", bound=Event)
People = Callable[[str], Client]


def options(server: ServerProcess, user: str) -> Options:
    """How a script says as whom it comes, and whom it trusts."""
    return Options(user=user, password=PASSWORD, ca=server.ca, timeout=DEADLINE)


@pytest.fixture
def people(shared_server: ServerProcess) -> Iterator[People]:
    """Let people of the shared server in; they leave when the test ends."""
    with ExitStack() as stack:

        def let_in(user: str) -> Client:
            client = Client("localhost", shared_server.port, **options(shared_server, user))
            return stack.enter_context(client)

        yield let_in


def until(chat: Client, kind: type[E]) -> E:
    """The next event of a kind."""
    return next(event for event in chat.events(DEADLINE) if isinstance(event, kind))


def others(chat: Client) -> Message:
    """The next message of somebody else."""
    return next(event for event in chat.events(DEADLINE) if isinstance(event, Message) and not event.own)


def test_a_message_is_answered_reacted_to_changed_and_taken_back(people: People) -> None:
    """By the value that `send` returned, or that `events` told; the others see each."""
    alice, bob = people("alice"), people("bob")
    alice.join("#talk")
    bob.join("#talk")
    sent = alice.send("#talk", "hello\nthere", tags={"+example.org/state": "1"})
    heard = until(bob, Message)
    assert (heard.id, heard.text, heard.conversation) == (sent.id, "hello\nthere", "#talk")
    assert heard.answerable
    assert heard.tags == (("+example.org/state", "1"),)
    bob.react(heard, "👍")
    assert until(alice, Reacted).reaction == "👍"
    bob.unreact(heard, "👍")
    assert until(alice, Reacted).removed
    answer = bob.reply(heard, "hi")
    told = others(alice)
    assert (told.id, told.answers) == (answer.id, sent.id)
    alice.edit(sent, "good morning")
    assert others(bob).edits == sent.id
    with pytest.raises(Refused, match="only edit what you said"):
        bob.edit(heard, "mine")
    bob.typing("#talk")
    assert until(alice, Typing).active
    bob.tag("#talk", {"+example.org/state": "2"})
    assert until(alice, Tagged).tags == (("+example.org/state", "2"),)
    alice.delete(sent, "a slip")
    assert until(bob, Redacted).reason == "a slip"


def test_direct_messages_and_notices_are_answered_where_they_came_from(people: People) -> None:
    """A bot answers the person, and no notice."""
    alice, bob = people("alice"), people("bob")
    alice.send("bob", "psst", notice=True)
    notice = until(bob, Message)
    assert (notice.kind, notice.answerable, notice.conversation) == (Kind.NOTICE, False, "alice")
    bob.reply(notice, "what?")
    answer = others(alice)
    assert (answer.text, answer.conversation) == ("what?", "bob")


def test_a_message_with_a_name_is_stored_once(people: People) -> None:
    """Whoever sends it again gets the first one's id, also from another client, and with many parts."""
    alice = people("alice")
    alice.join("#once")
    first = alice.send("#once", "backup done", once="backup-2026-11-28")
    assert alice.send("#once", "backup done", once="backup-2026-11-28") == first
    assert people("alice").send("#once", "backup done", once="backup-2026-11-28") == first
    assert [message.text for message in alice.history("#once")] == ["backup done"]
    with pytest.raises(Refused):
        alice.send("#once", "x", once="n" * 57)


def test_what_was_said_is_read_and_searched(people: People) -> None:
    """The last ones, more than a page of them, after a message, since a time, by words."""
    alice = people("alice")
    alice.join("#past")
    sent = alice.send_all("#past", "\n".join(f"line {number}" for number in range(103)), lines=True)
    assert [message.id for message in alice.history("#past", 102)] == [one.id for one in sent[1:]]
    after = alice.history("#past", after=sent[-3].id)
    assert [message.text for message in after] == ["line 101", "line 102"]
    assert alice.history("#past", 1, since=sent[0].time)[0].id == sent[-1].id
    assert [message.id for message in alice.search("line 7", place="#past")] == [sent[7].id]
    with pytest.raises(Refused):
        alice.history("#nowhere")


def test_a_channel_is_administered(people: People) -> None:
    """Topic, members, pins, modes, invitations, bans."""
    alice, bob = people("alice"), people("bob")
    alice.join("#desk")
    bob.join("#desk")
    alice.set_topic("#desk", "Deploys")
    assert bob.topic("#desk") == "Deploys"
    assert bob.names("#desk") == ("alice", "bob")
    assert {person.nick: person.ranks for person in bob.members("#desk")} == {"alice": "~", "bob": ""}
    assert [(found.members, found.topic) for found in bob.channels("#desk")] == [(2, "Deploys")]
    sent = alice.send("#desk", "the rules")
    alice.pin(sent)
    assert [(pin.id, pin.by) for pin in bob.pins("#desk")] == [(sent.id, "alice")]
    alice.unpin(sent)
    assert bob.pins("#desk") == []
    alice.kick("#desk", "bob", "enough")
    alice.ban("#desk", "bob!*@*")
    with pytest.raises(Refused) as banned:
        bob.join("#desk")
    assert banned.value.code == "474"
    alice.unban("#desk", "bob!*@*")
    alice.mode("#desk", "+i")
    alice.invite("bob", "#desk")
    bob.join("#desk")
    bob.part("#desk", "bye")


def test_people_and_oneself(people: People) -> None:
    """Who somebody is, away, metadata, read markers, whom one ignores."""
    alice, bob = people("alice"), people("bob")
    bob.away("lunch")
    found = alice.whois("bob")
    assert (found.account, found.away, "#general" in found.channels) == ("bob", "lunch", True)
    bob.away()
    assert alice.whois("bob").away is None
    with pytest.raises(Refused, match="No such nick"):
        alice.whois("nobody")
    bob.set_metadata("url", "https://example.org")
    assert alice.metadata("bob") == {"url": "https://example.org"}
    bob.set_metadata("url", "")
    assert bob.metadata() == {}
    sent = alice.send("#general", "read me")
    assert alice.mark_read("#general", sent.time) == sent.time == alice.read_marker("#general")
    alice.ignore("bob")
    with pytest.raises(Refused):
        bob.send("alice", "psst")
    alice.unignore("bob")
    bob.send("alice", "psst")
    bob.set_nick("Bob")
    assert bob.nick == "Bob"


def test_asyncio_has_the_same_calls(shared_server: ServerProcess) -> None:
    """Many at the same time, events as they come, and a cancelled call leaves nothing behind."""

    async def main() -> None:
        how = options(shared_server, "carol")
        async with AsyncClient("localhost", shared_server.port, **how) as carol:
            await carol.join("#async")
            sent = await asyncio.gather(*(carol.send("#async", str(number)) for number in range(40)))
            assert len({one.id for one in sent}) == 40
            reading = asyncio.create_task(carol.history("#async", 1000))
            await asyncio.sleep(0)
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading
            assert len(await carol.history("#async", 1000)) == 40
            said = [event.text async for event in some(carol, 40)]
            assert sorted(said, key=int) == [str(number) for number in range(40)]
            with pytest.raises(Refused):
                await carol.send("#nowhere", "hello")

    asyncio.run(main())


async def some(chat: AsyncClient, number: int) -> AsyncIterator[Message]:
    """The first messages that events tell."""
    async for event in chat.events():
        if isinstance(event, Message):
            yield event
            number -= 1
        if not number:
            return


def test_log_records_are_said_in_a_channel(shared_server: ServerProcess, people: People) -> None:
    """One message each, in order; what was logged before the end is there."""
    alice = people("alice")
    alice.join("#log")
    handler = SecureChatHandler("#log", "localhost", shared_server.port, **options(shared_server, "bob"))
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    logger = logging.Logger("build")
    logger.addHandler(handler)
    for number in range(3):
        logger.warning("step %d", number)
    try:
        raise ValueError("\x01ACTION breaks\x01\0")
    except ValueError:
        logger.exception("build failed")
    handler.close(DEADLINE)
    said = [message.text for message in alice.history("#log")]
    assert said[:3] == ["WARNING step 0", "WARNING step 1", "WARNING step 2"]
    assert said[3].startswith("ERROR build failed\nTraceback")
    assert said[3].endswith("ValueError: ACTION breaks\u2400")
    assert handler.dropped == 0
