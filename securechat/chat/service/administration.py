"""What administrators ask for on the command line, for operators in the chat: the same table of requests."""

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from functools import partial
from itertools import chain
from typing import Final

from securechat.chat.people import AddAccounts, CheckNames
from securechat.chat.requests import (
    OPERATIONS,
    Answer,
    DropChannels,
    ListAudit,
    NoteBackup,
    NoteCertificate,
    NoteExport,
    NoteReload,
    Refused,
    Request,
    Value,
)
from securechat.chat.rules.administration import perform_then
from securechat.chat.service.asked import Asked, ServiceCommand
from securechat.chat.turn.steps import Steps
from securechat.irc.timestamp import format_ms

SECRETS: Final = frozenset({"phc", "code", "key"})
REST: Final = "reason"
"""A text that takes all the words that are left."""
TIMES: Final = frozenset({"at", "closed", "created", "expires", "last_login", "since"})

NOT_OFFERED: Final = (
    AddAccounts,
    CheckNames,
    DropChannels,
    ListAudit,
    NoteBackup,
    NoteCertificate,
    NoteExport,
    NoteReload,
)
OFFERED: Final[Mapping[str, type[Request]]] = {
    name: kind
    for name, kind in OPERATIONS.items()
    if kind not in NOT_OFFERED and not any(field.name in SECRETS for field in fields(kind))
}
"""Requests that need no secret, which would stand in the operator's client, and that are done here."""


def admin(asked: Asked) -> None:
    """admin <operation> [<word>]{ <word>}

    Does what `securechat <operation>` does on the server's command line. For a word that is left out before
    another one, say -. `admin help` lists the operations.
    """
    kind = OFFERED.get(asked.word(0).lower())
    request = read(kind, asked.words[1:]) if kind is not None else None
    if request is None or isinstance(request, ListAudit):
        asked.say(f"The operations are: {', '.join(usage(name) for name in OFFERED)}")
        return
    chat, session = asked.ctx.chat, asked.ctx.session
    perform_then(Steps(chat, asked.ctx), request, asked.account.name, session.address, partial(say, asked))


def say(asked: Asked, answer: Answer) -> None:
    """Say what came of an operation."""
    if isinstance(answer, Refused):
        asked.say(answer.text)
        return
    rows = (", ".join(f"{key} {shown(key, value)}" for key, value in row.items()) for row in answer.rows)
    more = f"There is more: say it again with {answer.more} as <after>, and - for a word that is left out"
    end = more if answer.more else "Done"
    asked.say_all(chain(rows, [end]))


def said(kind: type[Request]) -> list[Field[object]]:
    """Return the fields that are said here: yes and no are for the command line."""
    return [field for field in fields(kind) if field.type is not bool]


def usage(name: str) -> str:
    """Return how an operation is written."""
    words = [name]
    for field in said(OFFERED[name]):
        word = f"<{'account' if field.name == 'name' else field.name}>"
        words.append(word if field.default is MISSING else f"[{word}]")
    return " ".join(words)


def read(kind: type[Request], words: list[str]) -> Request | None:
    """Make a request of words; None when they do not fit."""
    wanted = said(kind)
    if wanted and wanted[-1].name == REST and len(words) > len(wanted):
        words = [*words[: len(wanted) - 1], " ".join(words[len(wanted) - 1 :])]
    needed = sum(field.default is MISSING for field in wanted)
    if not needed <= len(words) <= len(wanted):
        return None
    values: list[str | int] = []
    for field, word in zip(wanted, words, strict=False):
        if word == "-" and field.default is not MISSING:
            values.append(field.default)  # type: ignore[arg-type]  # all defaults are texts and numbers
        elif field.type is int:
            if not (word.isascii() and word.isdigit()):
                return None
            values.append(int(word[:9]))
        else:
            values.append(word)
    return kind(*values)  # type: ignore[arg-type]  # every field's type was looked at


def shown(key: str, value: Value) -> str:
    """Return a cell of an answer for people."""
    if key in TIMES and isinstance(value, int):
        return format_ms(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value).replace("\r", "").replace("\n", " / ")


COMMANDS: Final = (ServiceCommand("admin", admin, 1, operators=True),)
