"""A chat of a few rules, for driving the transport: it has the interface of `chat.core.Core` and nothing of
its size.

`NICK` and `USER` log in (`alice.phone` as alice), `JOIN` enters the one channel, `PRIVMSG` is a record and
goes to everybody in it but the sender, `PING` is answered, `ECHO` is answered without a record, `BURST n` is
answered with n lines, `HASH` starts a password job, `SLEEP` leaves the line unhandled, `QUIT` closes.
"""

from collections.abc import Callable, Mapping, Sequence

from securechat.chat.audience import Audience
from securechat.chat.clock import Now
from securechat.chat.effects import (
    Answered,
    AwaitDrain,
    Broadcast,
    Close,
    Effect,
    Handled,
    LoggedIn,
    Send,
    StartJob,
)
from securechat.chat.items import (
    Administer,
    Connected,
    Disconnected,
    Drained,
    Item,
    JobDone,
    Received,
    ShutDown,
)
from securechat.chat.jobs import CheckPassword, PasswordChecked
from securechat.chat.link import Link
from securechat.chat.outcome import Outcome
from securechat.chat.records import MessageSent
from securechat.chat.requests import Done
from securechat.chat.settings import Settings
from securechat.irc.framing import Rejected
from securechat.irc.message import Message


class Chorus:
    """The core. `items` holds everything that was handled, in order."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.late: Callable[[], bool] = lambda: False
        self.lacks: Callable[[int, Sequence[str]], bool] = lambda account, nonces: False
        self.due: float | None = None
        self.settings: Settings | None = None
        self.reverted: list[Outcome] = []
        self.told = ""
        self.links: dict[Link, str] = {}
        self.accounts: dict[str, int] = {}
        self.audience = Audience()
        self._outcomes: list[Outcome] = []
        self._ids = 0

    def handle(self, item: Item, now: Now) -> None:
        self.items.append(item)
        match item:
            case Connected():
                self.links[item.link] = ""
            case Received():
                for line in item.lines:
                    self._line(item.link, line)
            case Disconnected():
                self.links.pop(item.link, None)
                if item.link in self.audience.keys:
                    self.audience = self.audience.excluding(item.link, 0)
            case JobDone():
                correct = isinstance(item.result, PasswordChecked) and item.result.correct
                self.cause(Send(item.job.link, b"RIGHT\r\n" if correct else b"WRONG\r\n"))
            case Drained():
                self.cause(Send(item.link, b"DRAINED\r\n"))
            case Administer():
                self.cause(Answered(item.ticket, Done([{"request": type(item.request).__name__}])))
            case ShutDown():
                for link in self.links:
                    self.cause(Send(link, f"ERROR :{item.reason}\r\n".encode()), Close(link))

    def take(self) -> list[Outcome]:
        outcomes, self._outcomes = self._outcomes, []
        return outcomes

    def revert(self, outcomes: Sequence[Outcome], why: str) -> None:
        self.reverted += outcomes
        self.told = why
        for outcome in outcomes:
            if outcome.records:
                kept = [effect for effect in outcome.effects if not isinstance(effect, Broadcast)]
                done = [effect for effect in kept if isinstance(effect, Handled)]
                outcome.effects = [*(Send(effect.link, b"FAIL\r\n") for effect in done), *kept]
                outcome.records = []

    def next_due(self) -> float | None:
        return self.due

    def counts(self) -> Mapping[str, int]:
        return {"logins.ok": 7}

    def refused(self) -> Mapping[int, int]:
        return {}

    def talk(self) -> Mapping[str, int]:
        return {"#c": 9}

    def reconfigure(self, settings: Settings) -> None:
        self.settings = settings

    def cause(self, *effects: Effect) -> Outcome:
        """Add an outcome with these effects to the turn."""
        outcome = Outcome(None)
        outcome.effects += effects
        self._outcomes.append(outcome)
        return outcome

    def _line(self, link: Link, line: Message | Rejected) -> None:
        if isinstance(line, Rejected):
            self.cause(Send(link, f"REJECTED :{line.reason.value}\r\n".encode()), Handled(link, 1))
            return
        name = self.links.get(link, "")
        done = Handled(link, 1)
        match line.command, *line.params:
            case "NICK", nick:
                self.links[link] = nick
                self.cause(done)
            case "USER", *_:
                account = self.accounts.setdefault(name.partition(".")[0], len(self.accounts) + 1)
                hello = f":server 001 {name} :Hello\r\n".encode()
                self.cause(LoggedIn(link, account, name), Send(link, hello), done)
            case "JOIN", channel:
                if link not in self.audience.keys:
                    self.audience = self.audience.including(link, 0)
                self.cause(Send(link, f":server 366 {name} {channel} :End\r\n".encode()), done)
            case "PRIVMSG", channel, text:
                self._message(link, name, channel, text)
            case "PING", token:
                self.cause(Send(link, f":server PONG server :{token}\r\n".encode()), done)
            case "ECHO", text:
                self.cause(Send(link, f"{text}\r\n".encode()), done)
            case "BURST", count:
                burst = b"".join(b"%d %s\r\n" % (number, b"x" * 100) for number in range(int(count)))
                self.cause(Send(link, burst), AwaitDrain(link), done)
            case "HASH", password:
                self.cause(StartJob(CheckPassword(link, None, password)), done)
            case "SLEEP", *_:
                pass
            case "WAKE", count:
                self.cause(Handled(link, int(count)))
            case "QUIT", *_:
                self.cause(Send(link, b"ERROR :Bye\r\n"), done, Close(link))
            case _:
                self.cause(done)

    def _message(self, link: Link, name: str, channel: str, text: str) -> None:
        self._ids += 1
        data = f":{name}!{name}@server PRIVMSG {channel} :{text}\r\n".encode()
        outcome = self.cause(Broadcast(self.audience, {0: data}, link), Handled(link, 1))
        outcome.records.append(MessageSent(self._ids, 0, "PRIVMSG", 1, name, 1, None, channel, text, {}))
