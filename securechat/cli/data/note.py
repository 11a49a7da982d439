"""What commands take out of the server or put into it, in the audit log."""

import os
import time

from securechat.chat.records import Audited
from securechat.chat.requests import Note
from securechat.cli.ask import ask
from securechat.cli.exits import CommandFailed
from securechat.cli.place import Place
from securechat.server.control import user_name
from securechat.storage.databases import Database


def note_first(place: Place, request: Note) -> None:
    """Have it in the audit log that somebody takes a copy, before it is taken; whoever has one left a trace.

    Raises CommandFailed, and then no copy must be taken.
    """
    database = Database(place.directory, place.config.storage.url)
    if not database.exists():
        raise CommandFailed(f"there is no database {database}")
    ask(place, request)


def note(action: str, target: str, detail: str) -> Audited:
    """Return the entry for what this process does itself, without a server and its core, at this moment."""
    at = time.time_ns() // 1_000_000
    return Audited(at, user_name(os.getuid()), "command line", action, target, detail)
