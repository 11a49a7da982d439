"""What many are told of themselves: lines that are the same for all but for who they are.

When a channel goes, a thousand people leave it, and each sees itself leave. To write a line takes ten times
as long as to fill in a name. So the lines are written once for somebody who is nobody, for each set of
capabilities, and these are their stencil. In the place of a name stands a mark that begins with NUL, which
no line has.
"""

import re
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from securechat.chat.line import Line, body, encode, fitting
from securechat.chat.link import Link
from securechat.chat.records import StoredAccount
from securechat.chat.state.account import Account
from securechat.chat.state.session import ENCODING, User
from securechat.irc import capabilities as cap
from securechat.irc.text import MAX_LINE

Written = Callable[[User, int], Iterable[Line]]
"""The lines for a user's session with these capabilities; of a user it may look at who it is and its tags."""
_SOURCE, _ACCOUNT, _REALNAME = "\0s", "\0a", "\0r"
_LOOKED_AT: Final = ENCODING | cap.CHANNEL_RENAME
"""The capabilities that make a difference to such lines."""


class _Stencil(NamedTuple):
    """The lines for the operator %, and the bytes that names may have together: no line is too long then."""

    lines: bytes
    room: int


class Stencils:
    """Lines for many. What is filled in are source, account and real name; who has tags is written apart."""

    __slots__ = ("_made", "_write")

    def __init__(self, write: Written) -> None:
        self._write = write
        self._made: dict[tuple[int, bool], _Stencil] = {}

    def filled(self, users: Iterable[User]) -> dict[Link, bytes]:
        """Return what the sessions of these users are sent; one that is sent nothing is left out."""
        filled: dict[Link, bytes] = {}
        for user in users:
            source, account, realname = (
                user.source.encode(),
                user.account.name.encode(),
                user.realname.encode(),
            )
            names = {b"s": source, b"a": account, b"r": realname}
            length = len(source) + len(account) + len(realname)
            for session in user.sessions:
                kind = session.caps & _LOOKED_AT, user.tags is None
                stencil = self._made.get(kind)
                if stencil is None:
                    stencil = self._made[kind] = self._stencil(user, session.caps)
                if not stencil.lines:
                    continue
                if length > stencil.room:
                    filled[session.link] = _encoded(self._write(user, session.caps), session.caps)
                else:
                    filled[session.link] = stencil.lines % names
        return filled

    def _stencil(self, like: User, caps: int) -> _Stencil:
        """Write the lines for somebody with the tags of this user."""
        account = Account(StoredAccount(0, _ACCOUNT, None, "member", False, 0, None, {}))
        nobody = User(0, account, "", "", _REALNAME, 0)
        nobody.source, nobody.tags = _SOURCE, like.tags
        lines = list(self._write(nobody, caps))
        longest = max((len(body(line)) for line in _forms(lines, caps)), default=0)
        data = _encoded(lines, caps).replace(b"%", b"%%")
        return _Stencil(re.sub(rb"\0(.)", rb"%(\1)b", data), MAX_LINE - longest)


def _forms(lines: Iterable[Line], caps: int) -> list[Line]:
    return [form for line in lines if (form := fitting(line, caps)) is not None]


def _encoded(lines: Iterable[Line], caps: int) -> bytes:
    return b"".join([encode(form, caps & ENCODING) for form in _forms(lines, caps)])
