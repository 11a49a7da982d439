"""Who wants to know when whom comes and goes (IRCv3 `monitor`): lists that end with their sessions."""

from collections.abc import Callable, Set

from securechat.chat.audience import Audience
from securechat.chat.limits import MAX_MONITORED
from securechat.chat.state.session import Session
from securechat.irc.names import fold


class Monitors:
    """The lists of all sessions (`Session.monitored`), and the index from a nick to who watches it."""

    __slots__ = ("_watching",)

    def __init__(self) -> None:
        self._watching: dict[str, dict[Session, None]] = {}

    def add(self, session: Session, nick: str) -> bool:
        """Put a nick on a session's list; False when the list is full. One that is there stays as it is."""
        folded = fold(nick)
        if folded in session.monitored:
            return True
        if len(session.monitored) >= MAX_MONITORED:
            return False
        session.monitored[folded] = nick
        self._watching.setdefault(folded, {})[session] = None
        return True

    def remove(self, session: Session, nick: str) -> None:
        """Take a nick off a session's list."""
        folded = fold(nick)
        if session.monitored.pop(folded, None) is not None:
            watching = self._watching[folded]
            del watching[session]
            if not watching:
                del self._watching[folded]

    def clear(self, session: Session) -> None:
        """Empty a session's list."""
        for nick in list(session.monitored):
            self.remove(session, nick)

    def watching(self, nick: str) -> Set[Session]:
        """Return the sessions that have this nick on their lists, as they are now."""
        return self._watching.get(fold(nick), {}).keys()

    def watchers(self, nick: str, chosen: Callable[[Session], bool] = lambda _: True) -> Audience:
        """Return the sessions that have this nick on their lists."""
        return Audience.of((one.link, one.key) for one in self.watching(nick) if chosen(one))
