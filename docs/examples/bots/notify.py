"""Runs a command and tells a channel how it went; the exit code is the command's.

    CHAT_PASSWORD_FILE=~/.ci python notify.py chat.example.org ci '#ops' make test

Nothing of it waits for the chat: without a server the command runs just the same.
"""

import logging
import os
import subprocess
import sys

from securechat.client import SecureChatHandler


def main(host: str, user: str, channel: str, *command: str) -> int:
    """Run the command; return its exit code."""
    password_file, ca = os.environ["CHAT_PASSWORD_FILE"], os.environ.get("CHAT_CA")
    log = logging.getLogger("build")
    log.setLevel(logging.INFO)
    log.addHandler(SecureChatHandler(channel, host, user=user, password_file=password_file, ca=ca))
    shown = " ".join(command)
    log.info("%s begins", shown)
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        log.error("%s failed with %d:\n%s", shown, done.returncode, done.stdout[-1500:])
    else:
        log.info("%s is done", shown)
    return done.returncode  # logging.shutdown sends what still waits, for at most five seconds


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
