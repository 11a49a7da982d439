"""The lines from connecting to being a member of the channel: no I/O, lines in and lines out."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence

from .plan import Account, nick_of
from .stream import CHANNEL


class RegistrationError(Exception):
    """The server refused a member on its way into the channel."""


class Registration:
    """One member's way in: `opening` first, then `feed` for each line from the server, until `joined`."""

    __slots__ = ("_account", "_awaited", "_channels", "_nick", "joined")

    def __init__(self, member: int, account: Account | None, channels: Sequence[bytes] = (CHANNEL,)) -> None:
        """For a member that logs in with an account, or without one by NICK and USER alone.

        An account with a password uses SASL PLAIN; one without shows a certificate (EXTERNAL). Without
        channels `joined` is true after the welcome.
        """
        self._nick = nick_of(member).encode()
        self._account = account
        self._channels = channels
        self._awaited = set(channels)
        self.joined = False

    def opening(self) -> bytes:
        """The first lines; without an account they complete the registration."""
        names = b"NICK %b\r\nUSER %b 0 * :%b\r\n" % (self._nick, self._nick, self._nick)
        return names if self._account is None else b"CAP REQ :sasl\r\n" + names

    def feed(self, line: bytes) -> bytes:
        """The answer to one line (without its end), often empty. Raises RegistrationError."""
        words = line.split(b" ")
        if words[0] == b"PING":
            return b"PONG " + b" ".join(words[1:]) + b"\r\n"
        if words[0] in (b"ERROR", b"FAIL"):
            raise RegistrationError(f"the server refused {self._nick.decode()}: {line!r}")
        if words[0] == b"AUTHENTICATE":
            return b"AUTHENTICATE " + self._proof() + b"\r\n"
        return self._numeric(line, words[1:]) if line.startswith(b":") and len(words) > 2 else b""

    def _numeric(self, line: bytes, words: list[bytes]) -> bytes:
        match words[0]:
            case b"CAP" if len(words) > 2 and words[2] == b"ACK":
                return b"AUTHENTICATE PLAIN\r\n" if self._by_password() else b"AUTHENTICATE EXTERNAL\r\n"
            case b"903":
                return b"CAP END\r\n"
            case b"001":
                self.joined = not self._channels
                return b"".join([b"JOIN %b\r\n" % channel for channel in self._channels])
            case b"366" if len(words) > 2:
                self._awaited.discard(words[2])
                self.joined = not self._awaited
            case b"FAIL":
                raise RegistrationError(f"the server refused {self._nick.decode()}: {line!r}")
            case code if code[:1] in (b"4", b"9") and len(code) == 3 and code not in (b"900", b"422"):
                raise RegistrationError(f"the server refused {self._nick.decode()}: {line!r}")
            case b"CAP":
                raise RegistrationError(f"the server offers {self._nick.decode()} no SASL: {line!r}")
        return b""

    def _by_password(self) -> bool:
        return self._account is not None and bool(self._account.password)

    def _proof(self) -> bytes:
        if self._account is None:
            raise RegistrationError("the server asked for a password, but this member has no account")
        if not self._account.password:
            return b"+"
        name, password = self._account.name.encode(), self._account.password.encode()
        return b64encode(b"\0" + name + b"\0" + password)
