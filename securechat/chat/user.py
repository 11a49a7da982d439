"""Who is online."""

from typing import TYPE_CHECKING

from securechat.chat.account import Account
from securechat.chat.audience import Audience

if TYPE_CHECKING:
    from securechat.chat.session import Session


class User:
    """An account with at least one session, visible under its nick (in "free" mode: one session)."""

    __slots__ = ("account", "audience", "id", "nick", "sessions", "source")

    def __init__(self, user_id: int, account: Account, nick: str, server_name: str) -> None:
        self.id = user_id
        self.account = account
        self.sessions: list[Session] = []
        self.audience = Audience()
        self.rename(nick, server_name)

    def rename(self, nick: str, server_name: str) -> None:
        self.nick = nick
        self.source = f"{nick}!{self.account.name}@{server_name}"
