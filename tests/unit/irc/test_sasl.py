"""SASL responses in chunks, and PLAIN."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from securechat.irc import sasl
from securechat.irc.sasl import Assembler, PlainCredentials, SaslError, SaslTooLong


def assemble(chunks: list[str]) -> bytes | None:
    assembler = Assembler()
    for chunk in chunks[:-1]:
        assert assembler.feed(chunk) is None
    return assembler.feed(chunks[-1])


@pytest.mark.parametrize(
    ("size", "lengths"),
    [(0, [1]), (1, [4]), (299, [400, 1]), (300, [400, 1]), (301, [400, 4]), (600, [400, 400, 1])],
)
def test_chunks(size: int, lengths: list[int]) -> None:
    """Chunks have 400 bytes but for the last, which is "+" when nothing is left for it."""
    pieces = sasl.chunks(b"x" * size)
    assert [len(piece) for piece in pieces] == lengths
    assert (pieces[-1] == "+") == (lengths[-1] == 1)


@settings(deadline=None)
@given(payload=st.binary(max_size=sasl.PAYLOAD_LIMIT))
def test_chunks_come_together_again(payload: bytes) -> None:
    """The assembler gives the payload back when its last chunk has come, and not before."""
    assert assemble(sasl.chunks(payload)) == payload


def test_an_assembler_takes_one_response_after_the_other() -> None:
    """Neither a complete response nor a refused one leaves anything behind."""
    assembler = Assembler()
    assert assembler.feed("+") == b""
    assert assembler.feed("YQ==") == b"a"
    assert assembler.feed("YWFh" * 100) is None
    with pytest.raises(SaslError):
        assembler.feed("?")
    assert assembler.feed("Yg==") == b"b"


@pytest.mark.parametrize(
    "chunk",
    [
        *("", "a", "YQ", "YQ=", "YQ===", "YR==", "YWF=", "=YQ=", "YQ==YQ==", "++"),
        *("Y Q==", "YQ==\n", " YQ==", "Y-_=", "YQ=\u0661", "*"),
    ],
)
def test_base64_is_strict(chunk: str) -> None:
    """Missing or extra padding, spare bits, other alphabets and anything around the digits are refused."""
    with pytest.raises(SaslError):
        Assembler().feed(chunk)


def test_a_plus_after_a_full_chunk_only_ends_it() -> None:
    """The "+" that ends a response is not a digit of it, and padding may end the full chunk."""
    payload = b"x" * 298
    assert sasl.chunks(payload)[0].endswith("==")
    assert assemble([base64.b64encode(payload).decode(), "+"]) == payload


def test_the_assembler_has_limits() -> None:
    """More than 400 bytes in a chunk or 2048 in a response are too long, and 2048 are not."""
    assert assemble(sasl.chunks(b"x" * 2048)) == b"x" * 2048
    for size in (2049, 2050, 2051):
        with pytest.raises(SaslTooLong):
            assemble(sasl.chunks(b"x" * size))
    with pytest.raises(SaslTooLong):
        Assembler().feed("YWFh" * 101)
    assembler = Assembler()
    for _ in range(6):
        assert assembler.feed("A" * 400) is None
    with pytest.raises(SaslTooLong):
        assembler.feed("A" * 400)


@pytest.mark.parametrize(
    ("payload", "authcid", "password"),
    [
        (b"\0alice\0secret", "alice", "secret"),
        (b"alice\0alice\0secret", "alice", "secret"),
        ("\0jürgen\0pä ss:\n".encode(), "jürgen", "pä ss:\n"),
    ],
)
def test_decode_plain(payload: bytes, authcid: str, password: str) -> None:
    """PLAIN has an account and a password of any characters; authzid is empty or the account again."""
    assert sasl.decode_plain(payload) == PlainCredentials(authcid, password)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"alice\0secret",
        b"\0alice\0",
        b"\0\0secret",
        b"\0alice\0sec\0ret",
        b"\0alice\0secret\0",
        b"root\0alice\0secret",
        b"Alice\0alice\0secret",
        b"\0alice\0\xff",
        b"\0al\xc0\xafice\0secret",
    ],
)
def test_decode_plain_refuses(payload: bytes) -> None:
    """Other numbers of fields, empty ones, another authzid and invalid UTF-8 are refused."""
    with pytest.raises(SaslError) as caught:
        sasl.decode_plain(payload)
    assert "secret" not in str(caught.value)


def test_plain_has_a_limit() -> None:
    """2048 bytes of credentials are taken, and one more is too long."""
    assert sasl.decode_plain(b"\0a\0" + b"x" * 2045).password == "x" * 2045
    with pytest.raises(SaslTooLong):
        sasl.decode_plain(b"\0a\0" + b"x" * 2046)


def test_encode_plain() -> None:
    """What the client writes the server reads, and the client refuses what the server would."""
    assert sasl.encode_plain("alice", "pä ss") == "\0alice\0pä ss".encode()
    for authcid, password in (("", "x"), ("a", ""), ("a\0b", "x"), ("a", "x\0"), ("a", "\ud800")):
        with pytest.raises(SaslError):
            sasl.encode_plain(authcid, password)
    with pytest.raises(SaslTooLong):
        sasl.encode_plain("a", "x" * 2048)


def test_credentials_do_not_show_the_password() -> None:
    """A traceback or a log line that holds credentials does not hold the password."""
    assert "secret" not in repr(PlainCredentials("alice", "secret"))


def test_the_authzid_may_leave_out_the_name_of_the_session() -> None:
    """`alice@laptop` acts as alice, whose session it is, and as nobody else."""
    assert sasl.decode_plain(b"alice\0alice@laptop\0secret").authcid == "alice@laptop"
    assert sasl.decode_plain(b"alice@laptop\0alice@laptop\0secret").authcid == "alice@laptop"
    for other in (b"bob", b"alice@phone", b"laptop"):
        with pytest.raises(SaslError):
            sasl.decode_plain(other + b"\0alice@laptop\0secret")
