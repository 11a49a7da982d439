"""SASL as IRC carries it: base64 in pieces (IRCv3 `sasl-3.1`), and in them PLAIN's three fields (RFC 4616),
or EXTERNAL's name.

Error texts hold nothing of the payload: it is a password.
"""

import base64
from dataclasses import dataclass, field
from typing import Final

CHUNK: Final = 400
"""The most base64 characters of one AUTHENTICATE; a shorter one is the last."""

PAYLOAD_LIMIT: Final = 2048
"""The most bytes of a response, decoded."""

_ENCODED_LIMIT: Final = (PAYLOAD_LIMIT + 2) // 3 * 4


class SaslError(ValueError):
    """The peer's SASL response is not valid."""


class SaslTooLong(SaslError):
    """A chunk has more than 400 bytes, or the response more than 2 KiB."""


def chunks(payload: bytes) -> list[str]:
    """The parameters of the AUTHENTICATE commands that carry this payload, at least one.

    "+" stands for an empty payload, and after a chunk of 400 bytes for "that was the last".
    """
    encoded = base64.b64encode(payload).decode()
    pieces = [encoded[start : start + CHUNK] for start in range(0, len(encoded), CHUNK)]
    return pieces if len(encoded) % CHUNK else [*pieces, "+"]


class Assembler:
    """Puts the chunks of a response together. After its end, or an error, the next response can come."""

    __slots__ = ("_encoded",)

    def __init__(self) -> None:
        self._encoded = ""

    def feed(self, chunk: str) -> bytes | None:
        """Take the parameter of one AUTHENTICATE; return the payload once it is whole.

        Raises SaslTooLong, and SaslError for what is not strict base64.
        """
        encoded, self._encoded = self._encoded + ("" if chunk == "+" else chunk), ""
        if len(chunk) > CHUNK or len(encoded) > _ENCODED_LIMIT:
            raise SaslTooLong(f"The response is too long: the most is {PAYLOAD_LIMIT} bytes, {CHUNK} a line.")
        if not chunk:
            raise SaslError('The response is empty; an empty response is written "+".')
        if len(chunk) == CHUNK:
            self._encoded = encoded
            return None
        return _decode(encoded)


@dataclass(frozen=True, slots=True)
class PlainCredentials:
    """Who says to be whom, and the password that is to prove it."""

    authcid: str
    password: str = field(repr=False)


def decode_plain(payload: bytes) -> PlainCredentials:
    """Read `[authzid] NUL authcid NUL password`.

    Raises SaslTooLong over 2 KiB, and SaslError unless there are exactly these fields, in UTF-8, neither
    authcid nor password empty. An authzid other than authcid asks to act as somebody else, which nobody may;
    that of `alice@laptop`, where the session has a name, may be `alice`.
    """
    if len(payload) > PAYLOAD_LIMIT:
        raise SaslTooLong(f"The credentials are too long: the most is {PAYLOAD_LIMIT} bytes.")
    try:
        fields = payload.decode().split("\0")
    except UnicodeDecodeError:
        raise SaslError("The credentials are not UTF-8.") from None
    if len(fields) != 3:
        raise SaslError("PLAIN takes three fields with a NUL between them: authzid, authcid and password.")
    authzid, authcid, password = fields
    if not authcid or not password:
        raise SaslError("The account name or the password is empty.")
    if authzid not in ("", authcid, authcid.partition("@")[0]):
        raise SaslError("Acting as another account (authzid) is not possible; leave authzid empty.")
    return PlainCredentials(authcid, password)


def decode_external(payload: bytes) -> str:
    """Read EXTERNAL's response (RFC 4422, appendix A): the account's name, "" when it follows from the key.

    Raises SaslTooLong over 2 KiB, and SaslError for what is no UTF-8 or holds a NUL.
    """
    if len(payload) > PAYLOAD_LIMIT:
        raise SaslTooLong(f"The name is too long: the most is {PAYLOAD_LIMIT} bytes.")
    try:
        name = payload.decode()
    except UnicodeDecodeError:
        raise SaslError("The account name is not UTF-8.") from None
    if "\0" in name:
        raise SaslError("The account name holds a NUL.")
    return name


def encode_external(name: str) -> bytes:
    """Write EXTERNAL's response. Raises SaslError for what `decode_external` would refuse."""
    try:
        payload = name.encode()
    except UnicodeEncodeError:
        raise SaslError("The account name is not valid Unicode.") from None
    decode_external(payload)
    return payload


def decode_key(encoded: str) -> bytes:
    """Read a public key that was sent as one parameter. Raises SaslError for what is not strict base64."""
    if not encoded:
        raise SaslError("The key is empty.")
    return _decode(encoded)


def encode_plain(authcid: str, password: str) -> bytes:
    """Write the PLAIN payload, without authzid. Raises SaslError for what `decode_plain` would refuse."""
    try:
        payload = f"\0{authcid}\0{password}".encode()
    except UnicodeEncodeError:
        raise SaslError("The account name or the password is not valid Unicode.") from None
    decode_plain(payload)
    return payload


def _decode(encoded: str) -> bytes:
    try:
        payload = base64.b64decode(encoded, validate=True)
    except ValueError:  # binascii.Error, or a character outside ASCII
        raise SaslError("The response is not base64.") from None
    # The decoder takes any value for the bits that the padding leaves over; one payload has one spelling.
    if base64.b64encode(payload).decode() != encoded:
        raise SaslError("The response is not base64 in its canonical form.")
    if len(payload) > PAYLOAD_LIMIT:
        raise SaslTooLong(f"The response is too long: the most is {PAYLOAD_LIMIT} bytes.")
    return payload
