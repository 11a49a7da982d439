"""Texts as messages: several lines in one piece, replies and edits, and what waits for another run."""

from pathlib import Path

import pytest

from securechat.client.address import Address
from securechat.client.deliveries import Outgoing
from securechat.client.errors import Refused
from securechat.client.events import Message, MessageRefused, Said
from securechat.client.kept import outbox_file
from securechat.client.kept.account import Kept
from securechat.client.kept.outbox_file import OutboxFile, outbox_directory
from securechat.client.paths import places
from securechat.client.protocol.outbox import Outbox
from securechat.client.protocol.registration import CHATHISTORY, WANTED
from securechat.client.protocol.writing import NO_BATCHES, Room, bodies, lines_of_message
from tests.unit.client.wire import TIME, Wire, in_general

ROOM = Room(16384, 100)
WITH_LINES = (WANTED | {CHATHISTORY}) - {"draft/multiline"} | {
    "draft/multiline=max-bytes=16384,max-lines=100"
}


def wire_with_lines(outbox: Outbox | None = None) -> Wire:
    """A session that is ready, on a server that takes messages of several lines."""
    wire = Wire(offer=WITH_LINES, outbox=outbox)
    wire.ready(*in_general("bob"))
    return wire


def test_a_text_of_several_lines_is_one_message() -> None:
    """One batch with one label and one nonce; blank lines inside stay."""
    wire = wire_with_lines()
    assert wire.session.write("#general", "one\n\ntwo") == ("n1",)
    assert wire.sent() == [
        "@label=1;+securechat/nonce=n1 BATCH +m1 draft/multiline #general",
        "@batch=m1 PRIVMSG #general one",
        "@batch=m1 PRIVMSG #general :",
        "@batch=m1 PRIVMSG #general two",
        "BATCH -m1",
    ]
    wire.events()
    wire.says(
        f"@label=1;msgid=x1;{TIME};+securechat/nonce=n1 :alice!alice@s.test "
        "BATCH +7 draft/multiline #general",
        "@batch=7 :alice!alice@s.test PRIVMSG #general one",
        "@batch=7 :alice!alice@s.test PRIVMSG #general :",
        "@batch=7 :alice!alice@s.test PRIVMSG #general two",
        ":s.test BATCH -7",
    )
    (told,) = wire.events()
    assert isinstance(told, Message) and (told.text, told.nonce, told.id) == ("one\n\ntwo", "n1", "x1")
    assert not wire.session.outbox.waiting


def test_a_long_line_is_one_message_of_pieces() -> None:
    """The pieces put together are the line again."""
    text = "word  " * 200
    lines = list(lines_of_message(Outgoing("n", "PRIVMSG", "#c", text), "1", "a!a@s", "r"))
    assert [line.params[0] for line in lines if line.command == "BATCH"] == ["+r", "-r"]
    pieces = [line for line in lines if line.command == "PRIVMSG"]
    assert "".join(line.params[1] for line in pieces) == text
    assert ["draft/multiline-concat" in line.tags for line in pieces] == [False, *[True] * (len(pieces) - 1)]


def test_a_text_beyond_the_limits_is_several_messages() -> None:
    """Neither more lines nor more bytes than the server takes."""
    assert [body.count("\n") + 1 for body in bodies("x\n" * 250, "a!a@s", "PRIVMSG", "#c", ROOM)] == [
        100,
        100,
        50,
    ]
    for body in bodies("y" * 40_000, "a!a@s", "PRIVMSG", "#c", ROOM):
        assert len(body) <= ROOM.bytes


@pytest.mark.parametrize("text", ["", "\n", " ", "\n \n"])
def test_nothing_is_no_message(text: str) -> None:
    """Blank lines alone say nothing."""
    assert bodies(text, "a!a@s", "PRIVMSG", "#c", ROOM) == []
    assert bodies(text, "a!a@s", "PRIVMSG", "#c", NO_BATCHES) == []


@pytest.mark.parametrize(
    "value", ["", "max-bytes=x", "max-bytes=10,max-lines=5", "max-bytes=9000,max-lines=1"]
)
def test_limits_that_hold_nothing_are_none(value: str) -> None:
    """A server that names no usable limit gets one message a line."""
    assert Room.of(value) is NO_BATCHES


def test_a_server_without_batches_gets_a_message_a_line() -> None:
    """As every client did before."""
    wire = Wire(offer=WANTED - {"draft/multiline"})
    wire.ready(*in_general("bob"))
    assert wire.session.write("#general", "one\n\ntwo", answers="m9") == ("n1", "n2")
    assert wire.sent() == [
        "@label=1;+securechat/nonce=n1;+draft/reply=m9 PRIVMSG #general one",
        "@label=2;+securechat/nonce=n2 PRIVMSG #general two",
    ]


def test_lines_that_wait_for_a_server_without_batches_are_refused_by_name() -> None:
    """They are not lost: the refusal has the text, and nothing of it went out."""
    wire = Wire(
        offer=WANTED - {"draft/multiline"},
        outbox=Outbox(waiting=[Outgoing("w1", "PRIVMSG", "#general", "a\nb")]),
    )
    wire.log_in(*in_general("bob"))
    (refused,) = [event for event in wire.events() if isinstance(event, MessageRefused)]
    assert (refused.nonce, refused.text, refused.reason.code) == ("w1", "a\nb", "TOO_MANY_LINES")
    assert not any("PRIVMSG" in line for line in wire.sent())


def test_an_edit_names_what_it_replaces() -> None:
    """In the tag of the server's specification."""
    wire = wire_with_lines()
    wire.session.write("#general", "better", edits="m3")
    assert wire.sent() == ["@label=1;+securechat/nonce=n1;+securechat/edit=m3 PRIVMSG #general better"]


# On disk

HELLO = Outgoing("k1", "PRIVMSG", "#general", "hello\nthere", answers="m1")


def test_what_an_ended_client_left_is_sent_with_its_nonce(tmp_path: Path) -> None:
    """The next client takes it over, and its file is gone."""
    first = OutboxFile(tmp_path, "first")
    first.put(HELLO)
    first.put(Outgoing("k2", "PRIVMSG", "#general", "settled"))
    first.drop("k2")
    first._file.close()  # as when the program was killed
    second = OutboxFile(tmp_path, "second")
    waiting = second.take_over()
    assert waiting == (HELLO,)
    assert [path.name for path in tmp_path.iterdir()] == ["second.jsonl"]
    wire = wire_with_lines(Outbox(second, waiting))
    assert any("+securechat/nonce=k1" in line for line in wire.sent()) is False  # forgotten by `ready`
    second.close()


def test_what_waits_is_told_first_and_sent_when_ready() -> None:
    """So that a person sees what is still under way."""
    wire = Wire(offer=WITH_LINES, outbox=Outbox(waiting=[Outgoing("k9", "PRIVMSG", "#general", "late")]))
    wire.log_in(*in_general("bob"))
    (said,) = [event for event in wire.events() if isinstance(event, Said)]
    assert [message.text for message in said.messages] == ["late"]
    assert wire.sent()[-1] == "@label=1;+securechat/nonce=k9 PRIVMSG #general late"


def test_a_running_client_keeps_its_own(tmp_path: Path) -> None:
    """Nobody takes over a journal whose client runs."""
    first, second = OutboxFile(tmp_path, "first"), OutboxFile(tmp_path, "second")
    first.put(HELLO)
    assert second.take_over() == ()
    first.close()
    second.close()
    assert [path.name for path in tmp_path.iterdir()] == ["first.jsonl"]


def test_a_journal_that_another_client_looks_at_is_its_owners(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two clients that start at once: the one takes away the other's file before that has locked it."""
    lock = outbox_file._lock

    def slowly(descriptor: int, *, waits: bool = False) -> None:
        if next(turns, False):
            other = OutboxFile(tmp_path, "other")
            assert other.take_over() == ()
            other.close()
        lock(descriptor, waits=waits)

    turns = iter([True])
    monkeypatch.setattr(outbox_file, "_lock", slowly)
    journal = OutboxFile(tmp_path, "late")
    journal.put(HELLO)
    journal._file.close()  # as when the program was killed
    successor = OutboxFile(tmp_path, "successor")
    assert successor.take_over() == (HELLO,)
    successor.close()


def test_what_cannot_be_taken_over_is_not_promised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk at the start: nothing is kept for the next one, and what an ended client left stays."""

    def full(file: OutboxFile) -> tuple[Outgoing, ...]:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(OutboxFile, "take_over", full)
    kept = Kept(Address("h.test"), "alice", places({"HOME": str(tmp_path)}, "linux"))
    assert not kept.keeps_messages
    assert "No space left on device" in kept.problems[0]
    kept.close()


def test_a_torn_line_spoils_no_other(tmp_path: Path) -> None:
    """It is left out, and what comes after it counts."""
    journal = OutboxFile(tmp_path, "a")
    journal._file.write('\n{"nonce": "k0", "te')
    journal.put(HELLO)
    journal._file.close()
    successor = OutboxFile(tmp_path, "b")
    assert successor.take_over() == (HELLO,)
    successor.close()


def test_a_message_that_cannot_be_kept_is_refused() -> None:
    """A full disk: nothing is sent, and the text is told."""

    class Full:
        def put(self, message: Outgoing) -> None:
            raise OSError(28, "No space left on device")

        def sync(self) -> None: ...

        def drop(self, nonce: str) -> None:
            raise AssertionError("there is nothing to drop")

    wire = wire_with_lines(Outbox(Full()))
    wire.session.write("#general", "hello")
    _, refused = wire.events()
    assert isinstance(refused, MessageRefused) and isinstance(refused.reason, Refused)
    assert "No space left on device" in str(refused.reason) and refused.text == "hello"
    assert wire.sent() == []


def test_every_account_has_a_directory_of_its_own(tmp_path: Path) -> None:
    """Whatever letters its name has."""
    names = {outbox_directory(tmp_path, Address("h", 1), name) for name in ("a", "b", "ä", "a/b", "..")}
    assert len(names) == 5 and all(name.parent == tmp_path / "outbox" for name in names)
