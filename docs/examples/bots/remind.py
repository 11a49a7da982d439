"""A bot that reminds: say `remind 10m stand up` in the channel. Nothing is forgotten or said twice.

CHAT_PASSWORD_FILE=~/.clock python remind.py chat.example.org clock '#ops' reminders.json
"""

import json
import os
import re
import sys
import time
from pathlib import Path

from securechat.client import Client, Message

WISH = re.compile(r"remind (\d{1,5})([smhd]) (.+)", re.DOTALL)
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Reminders:
    """What is wished for, by the id of the message that wishes it, and up to where all was read: a file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        kept = json.loads(file.read_text()) if file.exists() else {}
        self.read_up_to: str = kept.get("read_up_to", "")
        self.open: dict[str, tuple[float, str]] = kept.get("open", {})

    def take(self, message: Message) -> None:
        """Note what a message wishes; one that was read before changes nothing."""
        wish = WISH.fullmatch(message.text)
        if message.id > self.read_up_to:  # ids sort in the order of messages
            self.read_up_to = message.id
            if wish is not None and not message.own:
                due = message.time / 1000 + int(wish[1]) * SECONDS[wish[2]]
                self.open[message.id] = (due, f"{message.sender}: {wish[3]}")
            self._save()

    def say_due(self, chat: Client, channel: str) -> None:
        """Say what is due. By its name (`once`) the server knows a reminder that was said before a crash."""
        for wished_by, (due, text) in list(self.open.items()):
            if due <= time.time():
                chat.send(channel, text, once=f"remind-{wished_by}")
                del self.open[wished_by]
                self._save()

    def _save(self) -> None:
        written = self._file.with_suffix(".new")
        written.write_text(json.dumps({"read_up_to": self.read_up_to, "open": self.open}))
        written.replace(self._file)


def main(host: str, user: str, channel: str, file: str) -> None:
    """Remind until Ctrl+C."""
    password_file, ca = os.environ["CHAT_PASSWORD_FILE"], os.environ.get("CHAT_CA")
    reminders = Reminders(Path(file))
    with Client(host, user=user, password_file=password_file, ca=ca) as chat:
        chat.join(channel)
        for message in chat.history(channel, 1000, after=reminders.read_up_to):
            reminders.take(message)
        while True:
            for event in chat.events(timeout=0.5):
                if isinstance(event, Message) and event.conversation == channel and not event.asked:
                    reminders.take(event)
                reminders.say_due(chat, channel)
            reminders.say_due(chat, channel)


if __name__ == "__main__":
    main(*sys.argv[1:])
