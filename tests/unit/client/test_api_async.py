"""The client for asyncio: the same operations, and what is particular to an event loop."""

import asyncio
from collections.abc import Coroutine
from inspect import Signature, signature

import pytest

from securechat.client import AsyncClient, Client, LoginFailed, Message, OutcomeUnknown
from securechat.client.errors import Closed
from tests.unit.client.certificates import Workshop
from tests.unit.client.conftest import Serve
from tests.unit.client.fake_server import Conversation, FakeServer


def client(server: FakeServer, workshop: Workshop, timeout: float = 20.0) -> AsyncClient:
    return AsyncClient(
        str(server.address), user="alice", password="secret", ca=workshop.ca_file(), timeout=timeout
    )


def run(main: Coroutine[None, None, None]) -> None:
    asyncio.run(main)


def stay(conversation: Conversation) -> None:
    conversation.log_in()
    conversation.wait_for_the_end()


def shown(of: type, name: str) -> Signature | None:
    found = getattr(of, name)
    return signature(found) if callable(found) else None


def test_both_clients_have_the_same_calls() -> None:
    """With the same parameters; only what makes a client differs, and what asyncio spells otherwise."""
    names = {name for name in vars(Client) if not name.startswith("_")}
    others = {name for name in vars(AsyncClient) if not name.startswith("_")}
    assert names - others == {"over", "register"}
    assert others <= names
    for name in others - {"events", "run"}:
        assert shown(Client, name) == shown(AsyncClient, name), name


def test_a_message_survives_a_lost_connection(
    serve: Serve, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`send` takes longer, and events go on."""
    monkeypatch.setattr("securechat.client.network.connection.FIRST_RETRY", 0.0)

    def die(conversation: Conversation) -> None:
        conversation.log_in()
        conversation.message()

    def confirm(conversation: Conversation) -> None:
        conversation.log_in()
        conversation.confirm("m1")
        conversation.wait_for_the_end()

    async def main() -> None:
        async with client(serve(die, confirm), workshop) as chat:
            assert (await chat.send("#general", "hello")).id == "m1"
            async for event in chat.events():
                if isinstance(event, Message):
                    assert event.id == "m1"
                    await chat.close()

    run(main())


def test_a_login_that_fails_raises(serve: Serve, workshop: Workshop) -> None:
    """From `async with`, and nothing is left behind."""

    def refuse(conversation: Conversation) -> None:
        conversation.until("CAP LS")
        conversation.say(":s.test 904 alice :Wrong account name or password")
        conversation.wait_for_the_end()

    async def main() -> None:
        with pytest.raises(LoginFailed):
            async with client(serve(refuse), workshop):
                raise AssertionError("logged in")

    run(main())


def test_a_call_ends_with_its_time_its_task_or_its_connection(serve: Serve, workshop: Workshop) -> None:
    """Whatever comes first; the client goes on unless it was closed."""

    async def main() -> None:
        async with client(serve(stay), workshop) as chat:
            chat.timeout = 0.0
            with pytest.raises(OutcomeUnknown, match="within 0"):
                await chat.join("#dev")
            chat.timeout = 20.0
            waiting = asyncio.create_task(chat.join("#dev"))
            await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            waiting = asyncio.create_task(chat.join("#dev"))
            await asyncio.sleep(0)
            await chat.close()
            with pytest.raises((OutcomeUnknown, Closed)):
                await waiting
            with pytest.raises(Closed):
                await chat.join("#dev")
            assert [type(event) async for event in chat.events()]

    run(main())


def test_a_loop_that_has_gone_stops_nobody(serve: Serve, workshop: Workshop) -> None:
    """A program that forgets to close its client ends, and what comes then is nobody's."""

    async def main() -> AsyncClient:
        chat = client(serve(stay), workshop)
        await chat.connect()
        return chat

    chat = asyncio.run(main())
    chat._connection.close()
