"""Who is online."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from securechat.chat.audience import Audience
from securechat.chat.line import Line
from securechat.chat.state.account import Account

if TYPE_CHECKING:
    from securechat.chat.state.session import Session

UNATTENDED: Final = "*"
"""The away message of a session at which nobody sits, for no stated reason (IRCv3 pre-away)."""
UNATTENDED_TEXT: Final = "Not here at the moment"
BOT: Final = "B"
INVISIBLE: Final = "i"
CHOSEN_MODES: Final = "BRisw"
"""What users set and unset: bot, only registered users may message (all are), invisible, the server's notices
(for operators), WALLOPS."""
GIVEN_MODES: Final = "Zo"
"""Encrypted, as every connection is, and operator: the server gives these."""
BOT_TAGS: Final[Mapping[str, str]] = MappingProxyType({"bot": ""})


class User:
    """An account with at least one session, visible under its nick (in "free" mode: one session).

    The real name, the away message and the modes belong to the user, so all its sessions share them, and they
    end with its last session. `modes` are the letters that the user chose, sorted; `away` is None while
    somebody is there; `signon` is when the first session came, in milliseconds since the epoch.
    """

    __slots__ = (
        "account",
        "audience",
        "away",
        "id",
        "modes",
        "nick",
        "realname",
        "sessions",
        "signon",
        "source",
        "tags",
    )

    def __init__(
        self, user_id: int, account: Account, nick: str, server_name: str, realname: str, signon: int
    ) -> None:
        self.id = user_id
        self.account = account
        self.sessions: list[Session] = []
        self.audience = Audience()
        self.realname = realname
        self.signon = signon
        self.away: str | None = None
        self.modes = ""
        self.tags: Mapping[str, str] | None = None
        """The tags of every line that the user causes."""
        self.set_modes(BOT if account.role == "bot" else "")
        self.rename(nick, server_name)

    def rename(self, nick: str, server_name: str) -> None:
        self.nick = nick
        self.source = f"{nick}!{self.account.name}@{server_name}"

    def set_modes(self, letters: str) -> None:
        self.modes = letters
        self.tags = BOT_TAGS if BOT in letters else None

    @property
    def operator(self) -> bool:
        """True when one of the sessions has an operator's powers."""
        return any(session.oper for session in self.sessions)

    def line(
        self, command: str, params: tuple[str, ...], text: str | None, at: int, key: int | None = None
    ) -> Line:
        """A line that this user caused; `key` is its message id."""
        return Line(self.source, command, params, text, at, key, self.account.name, self.tags)

    def away_now(self) -> str | None:
        """The away message that follows from the sessions.

        Somebody is there as soon as one session is not away. Of several messages the latest counts; a session
        that is unattended for no stated reason (`AWAY *`) counts only when all are.
        """
        attended = [session for session in self.sessions if session.away != UNATTENDED]
        if not attended:
            return UNATTENDED_TEXT if self.sessions else None
        if any(session.away is None for session in attended):
            return None
        return max(attended, key=lambda session: session.away_at).away

    def idle(self, now: float) -> int:
        """Whole seconds since the user last said something, at the monotonic time `now`."""
        return max(0, int(now - max(session.active for session in self.sessions)))
