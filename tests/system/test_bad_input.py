"""Whatever a peer sends: it gets a clear error or a clean close, and everybody else goes on undisturbed."""

import random
from collections.abc import Callable, Iterator

import pytest

from tests.system.person import Ended, Person, Wire
from tests.system.server_process import ServerProcess

Enter = Callable[..., Person]


@pytest.fixture
def bystander(shared_server: ServerProcess) -> Iterator[Callable[[], None]]:
    """Two people who chat; calling it checks that they still can, and that nobody else said anything."""
    with Person(shared_server, "alice") as alice, Person(shared_server, "bob") as bob:

        def check() -> None:
            text = f"message {len(bob.transcript)}"
            alice.say("#general", text)
            heard = [line for line in bob.sync() if line.source and not line.source.startswith("carol!")]
            assert [line.params[-1] for line in heard if line.command == "PRIVMSG"] == [text]

        check()
        yield check
        check()


Check = Callable[[], None]


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (b"PRIVMSG #general :" + b"x" * 100_000, ("417",)),
        (b"@" + b"t" * 100_000 + b" PRIVMSG #general :x", ("417",)),
        (b"PRIVMSG #general :a\x00b", ("FAIL", "PRIVMSG", "INVALID_MESSAGE")),
        (b"PRIVMSG #general :a\rQUIT", ("FAIL", "PRIVMSG", "INVALID_MESSAGE")),
        (b"PRIVMSG #general :\xff\xfe", ("FAIL", "PRIVMSG", "INVALID_UTF8")),
        (b"PRIVMSG #general :\xed\xa0\x80", ("FAIL", "PRIVMSG", "INVALID_UTF8")),
        (b"\xc0\x80", ("FAIL", "*", "INVALID_UTF8")),
        (b":", ("FAIL", "*", "INVALID_MESSAGE")),
        (b"@a=b", ("FAIL", "*", "INVALID_MESSAGE")),
        (b"\x1b]52;c;eA==\x07", ("FAIL", "*", "INVALID_MESSAGE")),
        (b"FROBNICATE", ("421",)),
        (b"GET / HTTP/1.1", ("421",)),
        (b"NO_SUCH x", ("421",)),
        (b"PRIVMSG", ("411",)),
        (b"PRIVMSG #general :" + b"x" * 490, ("417",)),
    ],
    ids=lambda value: repr(value[:24]) if isinstance(value, bytes) else value[-1],
)
def test_a_bad_line_is_answered(
    shared_server: ServerProcess, bystander: Check, line: bytes, answer: tuple[str, ...]
) -> None:
    """A line that cannot be taken is answered once, reaches nobody, and the next one is handled."""
    with Person(shared_server, "carol") as carol:
        carol.send_bytes(line + b"\r\n")
        replies = [(reply.command, *reply.params)[: len(answer)] for reply in carol.sync()]
        assert replies == [answer]
        bystander()


def test_separators_of_other_alphabets_are_text(shared_server: ServerProcess, enter: Enter) -> None:
    """Line and word separators of Unicode neither end a line nor a parameter: nobody can forge a line."""
    alice, carol = enter(shared_server, "alice"), enter(shared_server, "carol")
    text = "a\u0085QUIT\u2028:b!b@c PRIVMSG x\u00a0y\u3000z\x0b\x0c\x1c\x1d"
    carol.say("#general", text)
    assert alice.hear(text).params == ("#general", text)
    assert alice.transcript.count(b"\n") == alice.transcript.count(b"\r\n")


def test_a_line_in_pieces_is_a_line(shared_server: ServerProcess, enter: Enter) -> None:
    """A line that comes byte by byte, cut inside a character, is whole for the others."""
    alice, carol = enter(shared_server, "alice"), enter(shared_server, "carol")
    for byte in "PRIVMSG #general :grüße\r\n".encode():
        carol.send_bytes(bytes([byte]))
    assert alice.hear("grüße").source == "carol!carol@chat.test"


def test_random_bytes(shared_server: ServerProcess, bystander: Check) -> None:
    """Random bytes, before and after a login, end in errors or a close, never in harm to others."""
    chance = random.Random(20261122)
    for number in range(12):
        noise = chance.randbytes(chance.choice([10, 1000, 30_000]))
        wire = Person(shared_server, "carol") if number % 2 else Wire(shared_server)
        with wire:
            wire.send_bytes(noise + b"\r\nQUIT\r\n")
            _read_to_the_end(wire)
    bystander()


def test_random_words(shared_server: ServerProcess, bystander: Check) -> None:
    """Commands with random parameters are answered, and the connection goes on.

    Not OPER: its third wrong password closes the connection.
    """
    chance = random.Random(20261122)
    words = ["#general", "#", "", ":", "alice", "bob,alice", "*", "-1", "\u0661", "%s", "\x1b[2J", "é" * 40]
    commands = (
        "CAP AUTHENTICATE NICK USER JOIN PART TOPIC NAMES LIST MODE WHO WHOIS MOTD HELP VERSION TAGMSG PASS "
        "PING PONG 001 JOIN AWAY KICK INVITE MONITOR METADATA MARKREAD CHATHISTORY BATCH REDACT SETNAME"
    )
    with Person(shared_server, "carol") as carol:
        for _ in range(300):
            command = chance.choice(commands.split())
            arguments = " ".join(chance.choice(words) for _ in range(chance.randrange(5)))
            carol.send(f"{command} {arguments}")
        carol.sync()
        carol.send("JOIN #general")
        bystander()


def test_input_without_a_line_end_before_the_login(shared_server: ServerProcess, bystander: Check) -> None:
    """Who sends more and more without logging in is cut off with the reason."""
    with Wire(shared_server) as wire:
        wire.send_bytes(b"A" * 40_000)
        assert b"ERROR :Closing link: (Too much input before the login)" in _read_to_the_end(wire)


def test_empty_lines_are_nothing(shared_server: ServerProcess, enter: Enter) -> None:
    """Lines without content are not answered."""
    carol = enter(shared_server, "carol")
    carol.send_bytes(b"\r\n\n\r\n" * 500)
    assert carol.sync() == []


def test_a_torrent_of_commands_is_answered_in_order(shared_server: ServerProcess, enter: Enter) -> None:
    """Thousands of commands in one go are all answered, in their order; the sender is slowed, not cut."""
    carol = enter(shared_server, "carol", capabilities=())
    carol.send_bytes(b"".join(b"PING %d\r\n" % number for number in range(20_000)))
    pongs = carol.until(lambda line: line.command == "PONG" and line.params[-1] == "19999")
    assert [line.params[-1] for line in pongs] == [str(number) for number in range(20_000)]


def _read_to_the_end(wire: Wire) -> bytes:
    try:
        while True:
            wire.receive()
    except Ended:
        return wire.transcript
