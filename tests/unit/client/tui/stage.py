"""The app on a screen of the test's, over a session whose server the test plays line by line."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Final

from textual import events
from textual.pilot import Pilot

from securechat.client.account.login import Login
from securechat.client.account.profiles import Profile
from securechat.client.account.wizard import Wizard
from securechat.client.address import Address
from securechat.client.clock import Now
from securechat.client.kept.desk import Desk
from securechat.client.kept.input_history import InputHistory
from securechat.client.protocol.session import Session
from securechat.client.tui import language
from securechat.client.tui.app import ChatApp
from securechat.client.tui.line import Line
from securechat.client.tui.mailbox import Mailbox
from securechat.client.tui.opening import Opener
from securechat.client.tui.servers import Link
from securechat.client.tui.settings import Settings
from securechat.client.tui.shell import NARROW, Result, Start
from tests.unit.client.account.test_wizard import FakeErrands
from tests.unit.client.wire import Wire, in_general

NOW: Final = Now(1795347900123, 1000.0)
OFFERED: Final = frozenset(
    {
        *("account-tag", "batch", "cap-notify", "draft/channel-rename", "draft/chathistory"),
        *("draft/message-redaction", "draft/multiline=max-bytes=16384,max-lines=100", "draft/read-marker"),
        *("echo-message", "labeled-response", "message-tags", "sasl", "securechat/durable"),
        *("securechat/reactions", "server-time", "soju.im/search", "standard-replies"),
    }
)
KEYS: Final = frozenset({"enter", "escape", "backspace", "ctrl+k", "ctrl+u", "alt+a"})
"""The keys that `burst` takes by their name."""
Scenario = Callable[["Stage"], Awaitable[None]]


class Stage:
    """The server's side, the person's side, and what is on the screen."""

    def __init__(
        self,
        *,
        size: tuple[int, int] = (100, 24),
        settings: Settings | None = None,
        desk: Desk | None = None,
        offered: frozenset[str] = OFFERED,
        environment: dict[str, str] | None = None,
        names: tuple[str, ...] = ("",),
        known: tuple[str, ...] = (),
        problems: tuple[str, ...] = (),
        history: InputHistory | None = None,
    ) -> None:
        self.wires: list[Wire] = []
        self.mailboxes: list[Mailbox] = []
        self.closed: list[str] = []
        self._offered = offered
        self.desk = desk or Desk()
        self.saved: list[Settings] = []
        self.renewed = 0
        self.terminal: list[str] = []
        self.size = size
        self.now = NOW
        self.ids = iter(range(1, 1_000_000))
        links = [self.link(name) for name in names]
        self.wire, self.mailbox = self.wires[0], self.mailboxes[0]
        self.app = ChatApp(
            Start(
                links=links,
                opener=StageOpener(self, known),
                settings=settings or Settings(),
                save_settings=self.saved.append,
                history=history,
                environment=environment or {},
                problems=[*problems],
            ),
            lambda: self.now,
        )
        self.pilot: Pilot[Result]

    def play(self, scenario: Scenario) -> Result | None:
        """Play a scenario to its end."""

        async def run() -> None:
            async with self.app.run_test(size=self.size) as self.pilot:
                await scenario(self)

        with _utc():
            asyncio.run(run())
        return self.app.return_value

    def link(self, name: str) -> Link:
        """Have another server."""
        wire, mailbox = Wire(offer=self._offered, replay=False), Mailbox()
        desk = Desk() if self.wires else self.desk
        self.wires.append(wire)
        self.mailboxes.append(mailbox)

        def close(reason: str) -> int:
            self.closed.append(name)
            return 0

        return Link(
            account="alice",
            line=Line(partial(self._submit, wire, mailbox), mailbox),
            mailbox=mailbox,
            desk=desk,
            save=lambda desk: None,
            reconnect=self._renew,
            name=name,
            address=f"{name or 'chat'}.example.org:6697",
            close=close,
        )

    def _submit(self, wire: Wire, mailbox: Mailbox, command: Callable[[Session], object]) -> None:
        command(wire.session)
        mailbox.put(wire.events())

    def _renew(self) -> None:
        self.renewed += 1

    # The server

    def play_for(self, number: int) -> None:
        """Be another server from now on."""
        self.wire, self.mailbox = self.wires[number], self.mailboxes[number]

    async def log_in(self, *others: str, lines: tuple[str, ...] = ()) -> None:
        """Alice is in #general with others, and all history that the app asks for is empty."""
        self.wire.log_in(*in_general(*others), *lines)
        await self.settle()
        await self.answer_history()

    async def says(self, *lines: str) -> None:
        """The server sends lines."""
        self.wire.says(*lines)
        await self.settle()

    async def said(self, who: str, text: str, target: str = "#general", tags: str = "") -> str:
        """Somebody says something; return the msgid."""
        msgid = f"m{next(self.ids):06}"
        stamp = f"time={_time(self.now.wall)}"
        await self.says(f"@msgid={msgid};{stamp}{tags} :{who}!{who}@s.test PRIVMSG {target} :{text}")
        return msgid

    async def confirm(self) -> str:
        """The server stores the message that was sent last; return the msgid."""
        line = next(line for line in reversed(self.wire.sent()) if " PRIVMSG " in line)
        msgid = f"m{next(self.ids):06}"
        tags, _, rest = line.partition(" ")
        stamp = f"time={_time(self.now.wall)}"
        await self.says(f"{tags};msgid={msgid};{stamp} :alice!alice@s.test {rest}")
        return msgid

    async def answer_history(self, *lines: str) -> None:
        """Answer the open requests for history, the first one with these lines, the rest with none."""
        for line in self.wire.sent():
            if " CHATHISTORY " in line:
                label = line.removeprefix("@label=").partition(" ")[0]
                inside = [f"@batch=h{label};{text.removeprefix('@')}" for text in lines]
                lines = ()
                end = ";draft/chathistory-end" if not inside else ""
                opening = f"@label={label}{end} :s.test BATCH +h{label} chathistory #general"
                await self.says(opening, *inside, f":s.test BATCH -h{label}")

    # The person

    async def press(self, *keys: str) -> None:
        """Press keys."""
        await self.pilot.press(*keys)
        await self.settle()

    async def burst(self, *typed: str | events.Paste) -> None:
        """Press keys, write texts and paste, all before the app looks at the first of them."""
        for each in typed:
            if isinstance(each, events.Paste):
                self.app.post_message(each)
            elif each in KEYS:
                self.app.post_message(events.Key(each, None))
            else:
                for char in each:
                    self.app.post_message(events.Key("space" if char == " " else char, char))
        await self.settle()

    async def enter(self, text: str) -> None:
        """Write a text and send it."""
        self.app.composer.put(text)
        await self.press("enter")

    async def settle(self) -> None:
        """Let everything that is waiting happen."""
        for wire, mailbox in zip(self.wires, self.mailboxes, strict=True):
            mailbox.put(wire.events())
        for _ in range(3):
            self.app.take()
            await self.pilot.pause()

    async def resize(self, width: int, height: int) -> None:
        """Make the terminal another size, and wait until the app has noticed."""
        await self.pilot.resize_terminal(width, height)
        while self.app.timeline.size.width != (width - 24 if width >= NARROW else width):
            await self.pilot.pause(0.001)
        await self.settle()

    # The screen

    def rows(self) -> list[str]:
        """What the screen shows, row by row."""
        width, height = self.app.size
        lines = self.app.screen._compositor.render_strips()
        return [strip.text.rstrip() for strip in lines[:height]][:height] if width else []

    def shows(self, text: str) -> bool:
        """Whether a text is on the screen."""
        return any(text in row for row in self.rows())

    def row_with(self, text: str) -> str:
        """The first row that has this text."""
        found = next((row for row in self.rows() if text in row), None)
        assert found is not None, "\n".join(self.rows())
        return found


def _time(ms: int) -> str:
    from securechat.irc.timestamp import format_ms

    return format_ms(ms)


@contextmanager
def _utc() -> Iterator[None]:
    """Clocks on the screen show UTC, and the texts are English."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "UTC"
    time.tzset()
    language.use("en")
    try:
        yield
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
        time.tzset()


class StageOpener(Opener):
    """Opens servers of the stage by their profiles, without asking."""

    def __init__(self, stage: Stage, known: tuple[str, ...]) -> None:
        self._stage = stage
        self._known = [Profile(name, Address(f"{name}.example.org"), "alice") for name in known]

    def profiles(self) -> list[Profile]:
        return self._known

    def way(self, meant: str, *, by_key: bool = True) -> Wizard:
        (profile,) = [profile for profile in self._known if profile.name == meant]
        return Wizard(FakeErrands(kept=True), profile=profile)

    def link(
        self, login: Login, channels: Sequence[str] = (), *, patience: bool, first: bool = False
    ) -> Link:
        assert login.profile is not None
        return self._stage.link(login.profile.name)
