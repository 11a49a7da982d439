"""The program that is measured: the app as it runs, with a full chat and no server."""

import os
import sys
import threading
from collections.abc import Callable, Sequence

from securechat.client import events as happen
from securechat.client import haste
from securechat.client.kept.desk import Desk
from securechat.client.protocol.session import Session
from securechat.client.tui.app import ChatApp
from securechat.client.tui.line import Line
from securechat.client.tui.mailbox import Mailbox, Snapshot
from securechat.client.tui.servers import Link
from securechat.client.tui.settings import Settings
from securechat.client.tui.shell import Start

_START = 1_795_000_000_000
_WORDS = (
    "the pool is at forty percent and eu-1 looks slow, see https://ci.example.org/881 before you roll back"
)


def messages(number: int) -> list[happen.Event]:
    """So many messages of several lengths in #general, by fifty people."""
    words = _WORDS.split(" ")
    return [
        happen.Message(
            f"user{n % 50}",
            "#general",
            " ".join(words[: 2 + n * 7 % len(words)]) * (1 + (n % 40 == 0) * 3),
            _START + n * 1000,
            f"{n:013}",
            past=True,
        )
        for n in range(number)
    ]


def main(arguments: Sequence[str]) -> None:
    """`patient.py MESSAGES CHANNELS MEMBERS`."""
    number, channels, members = map(int, arguments)
    mailbox = Mailbox()

    def submit(command: Callable[[Session], object]) -> None:
        """There is no session."""

    link = Link(
        account="alice",
        line=Line(submit, mailbox),
        mailbox=mailbox,
        desk=Desk(),
        save=lambda desk: None,
        reconnect=lambda: None,
        address="chat.example.org:6697",
    )
    start = Start(
        links=[link],
        settings=Settings(),
        save_settings=lambda settings: None,
        environment=dict(os.environ),
        signals=True,
        painted=haste.painted,
    )
    app = ChatApp(start)
    began = threading.Event()
    app.call_later(began.set)
    threading.Thread(target=fill, args=(began, mailbox, number, channels, members), daemon=True).start()
    app.run()


def fill(began: threading.Event, mailbox: Mailbox, number: int, channels: int, members: int) -> None:
    """Tell what a server tells at a login, as the I/O thread does: when the app has begun."""
    began.wait()
    names = ["#general", *(f"#channel-{n:03}" for n in range(channels - 1))]
    people = tuple(f"user{n}" for n in range(members))
    mailbox.put([happen.Welcome("alice", "chat.example.org", True, False)])
    mailbox.put([happen.Joined(name, "alice", True) for name in names])
    mailbox.put([Snapshot(frozenset({"message-tags"}), (("#general", people),))])
    mailbox.put(messages(number))
    mailbox.put([happen.Ready(tuple(names), False)])


if __name__ == "__main__":
    main(sys.argv[1:])
