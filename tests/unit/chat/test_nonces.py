"""What is remembered of messages with a nonce, and what follows from forgetting it."""

from securechat.chat.records import MessageSent
from securechat.chat.state.nonces import IN_ALL, OF_ACCOUNT, NonceMemory
from securechat.chat.weight import weight_of


def message(key: int, account: int = 1, size: int = 10, tags: int = 0) -> MessageSent:
    """A message with a nonce."""
    tagged = {f"+t{number}": "x" for number in range(tags)}
    return MessageSent(
        key, 0, "PRIVMSG", account, "a", 1, None, "#a", "x" * size, tagged, nonce=f"n{account}.{key}"
    )


def remember(memory: NonceMemory, *messages: MessageSent) -> None:
    """Add messages."""
    for one in messages:
        memory.add(one.sender, one.nonce or "", one)


def known(memory: NonceMemory, *messages: MessageSent) -> list[int]:
    """The ids of those that are remembered."""
    return [one.id for one in messages if memory.find(one.sender, one.nonce or "") == one]


def test_the_oldest_of_an_account_are_forgotten() -> None:
    """What an account has too much costs its own, and is counted."""
    memory = NonceMemory(of_account=3 * weight_of(message(1)), in_all=1 << 20)
    mine, other = [message(key) for key in range(1, 6)], message(9, account=2)
    remember(memory, other, *mine)
    assert known(memory, other, *mine) == [9, 3, 4, 5]
    assert (memory.forgotten(1), memory.forgotten(2)) == (2, 0)
    assert memory.weight == 4 * weight_of(message(1))


def test_in_all_those_who_are_silent_are_forgotten_first() -> None:
    """The bound for all takes from the account that has sent nothing for longest."""
    memory = NonceMemory(of_account=1 << 20, in_all=3 * weight_of(message(1)))
    messages = [message(1, 1), message(2, 2), message(3, 1), message(4, 3)]
    remember(memory, *messages)
    assert known(memory, *messages) == [1, 3, 4]
    assert memory.forgotten(2) == 1


def test_a_message_that_is_too_large_is_not_remembered() -> None:
    """The store knows it."""
    memory = NonceMemory(of_account=2000, in_all=1 << 20)
    large = message(1, size=3000)
    remember(memory, large)
    assert known(memory, large) == []
    assert (memory.weight, memory.forgotten(1)) == (0, 1)


def test_what_is_refused_or_replaced_keeps_the_count_right() -> None:
    """A message that was not stored, one that comes again, and one that was redacted."""
    memory = NonceMemory()
    first = message(1, size=500)
    remember(memory, first, first)
    memory.replace(first, first._replace(text=""))
    memory.replace(message(2), message(2))
    assert memory.weight == weight_of(first._replace(text=""))
    memory.discard(1, "n1.1")
    memory.discard(1, "n1.1")
    assert (memory.weight, memory.forgotten(1)) == (0, 0)


def test_hostile_nonces_take_little_memory() -> None:
    """The fault that this is about: thousands of messages with 4 KiB of tags took 745 MB."""
    memory = NonceMemory()
    for account in range(100):
        remember(memory, *[message(key, account, tags=64) for key in range(30)])
    assert IN_ALL - OF_ACCOUNT < memory.weight <= IN_ALL


def test_the_numbers_in_use_leave_room_for_what_clients_repeat() -> None:
    """A client repeats what was unconfirmed when its connection was lost: much less than a hundred."""
    assert 100 * weight_of(message(1, size=400, tags=3)) < OF_ACCOUNT
