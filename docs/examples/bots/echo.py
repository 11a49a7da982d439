"""A bot that says again what others say to it: `parrot: hello` in a channel, anything in a direct message.

CHAT_PASSWORD_FILE=~/.parrot python echo.py chat.example.org parrot '#birds'
"""

import os
import sys

from securechat.client import Client, Message


def main(host: str, user: str, channel: str) -> None:
    """Answer until Ctrl+C."""
    password_file, ca = os.environ["CHAT_PASSWORD_FILE"], os.environ.get("CHAT_CA")
    with Client(host, user=user, password_file=password_file, ca=ca) as chat:
        chat.join(channel)
        for event in chat.events():
            if isinstance(event, Message) and event.answerable:  # not its own, no other bot's, not the past
                called, _, text = event.text.rpartition(f"{chat.nick}: ")
                direct = event.conversation == event.sender
                if direct or (text and not called):
                    chat.reply(event, text or event.text)


if __name__ == "__main__":
    main(*sys.argv[1:])
