"""What a client knows of its connection, for threads and asyncio alike. No threads and no waiting here."""

from collections.abc import Sequence

from securechat.client.api.calls import Call, Calls
from securechat.client.api.inbox import Inbox
from securechat.client.errors import Closed, LoginFailed, OutcomeUnknown, TrustError
from securechat.client.events import Ended, Event, NickChanged, Ready, Welcome
from securechat.irc.text import count


class Standing:
    """Whoever owns it sees to it that one thread at a time is in here."""

    def __init__(self, nick: str) -> None:
        self.nick = nick
        self.ready = False
        """Whether there was a login, and everything that the server tells unasked was told."""
        self.ended: Ended | None = None
        self.inbox = Inbox()
        self.calls = Calls()

    def take(self, events: Sequence[Event]) -> None:
        """Let events happen."""
        for event in events:
            match event:
                case Welcome(nick=nick) | NickChanged(new=nick, own=True):
                    self.nick = nick
                case Ready():
                    self.ready = True
                case Ended():
                    self.ended = event
                case _:
                    pass
        self.calls.take_note(events)
        self.inbox.put(events)
        if self.ended is not None:
            self.calls.end()

    def raise_end(self, call: Call | None = None, *, timeout: float = 0.0) -> None:
        """Raise why nothing more comes: the end of the connection, or that the time is up.

        A `call` that was asked has an unknown outcome then.
        """
        if self.ended is None:
            raise OutcomeUnknown(f"the server did not answer within {count(timeout, 'second')}")
        error = self.ended.error or Closed("the connection is closed")
        if call is not None and call.asked and isinstance(error, Closed | LoginFailed | TrustError):
            raise OutcomeUnknown(f"the connection ended before the server answered: {error}") from error
        raise error
