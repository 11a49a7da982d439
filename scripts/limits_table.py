#!/usr/bin/env python3
"""Write the table of limits in docs/operations.md from the program's own numbers.

    python scripts/limits_table.py          # bring docs/operations.md up to date
    python scripts/limits_table.py --check  # exit 1 when it is not

What is answered at a limit is written here, once; a key of `limits` without an answer is an error.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
DOCUMENT: Final = ROOT / "docs" / "operations.md"
sys.path.insert(0, str(ROOT))

from scripts._generated import rewritten, write_or_check  # noqa: E402
from securechat.chat import limits, wordfilter  # noqa: E402
from securechat.chat.memory import KINDS, USUAL  # noqa: E402
from securechat.chat.reading import PAGE_BYTES  # noqa: E402
from securechat.chat.rules import ban_requests, reports  # noqa: E402
from securechat.chat.shares import EVERY_SHARE  # noqa: E402
from securechat.chat.state import flood, nonces, readers, spending, throttle  # noqa: E402
from securechat.config import fields  # noqa: E402
from securechat.irc.message import MAX_TAGS  # noqa: E402
from securechat.server.delivery import SENDQS_OF_ACCOUNT  # noqa: E402
from securechat.server.limits import Limits  # noqa: E402
from securechat.server.rota import SLICE  # noqa: E402

ANSWER: Final = {
    "connections": "one that has not logged in is closed for the newcomer; with none, the connection is "
    "reset; logins that would take the last places: `FAIL * LIMIT_REACHED`, `ERROR`",
    "connections_per_source": "the connection is reset",
    "connections_window": "the connection is reset",
    "exempt": "",
    "flood": "lines wait; a wait of two seconds or more is said: `NOTE * SLOWED_DOWN`",
    "sendq": "`ERROR :SendQ exceeded`",
    "memory": "of each kind its own, below",
    "reserve": "`FAIL <command> STORE_UNAVAILABLE` for members; operators and the command line go on",
}


def rows() -> Iterator[str]:
    """Every row of the table: what can be configured, and what cannot."""
    yield "| limit | how much | what it is for | what is answered |"
    yield "|---|---|---|---|"
    answers = ANSWER | {share.name: f"`{share.answer}`" for share in EVERY_SHARE}
    for field in fields().values():
        section, _, name = field.name.rpartition(".")
        if section == "limits" or field.name == "storage.reserve":
            default = str(field.default).lower() if isinstance(field.default, bool) else field.default
            shown = f"{default:,}" if isinstance(default, int) else default or "none"
            yield f"| `{field.name}` | {shown} | {field.key.description} | {answers[name]} |"
    yield from fixed()


def fixed() -> Iterator[str]:
    """What is the same for every server."""
    usual = Limits()
    for what, much, answer in (
        ("tags of a line", f"{MAX_TAGS}", "417; the connection goes on"),
        (
            "lines of a connection that wait",
            f"{usual.unhandled_lines} or {_size(usual.unhandled_bytes)}",
            "it is not read meanwhile",
        ),
        (
            "the same of an account",
            f"{_size(usual.unhandled_of_account)}",
            "those that have more than a little are not read",
        ),
        ("SendQs of an account", f"{SENDQS_OF_ACCOUNT} times `limits.sendq`", "`ERROR :SendQ exceeded`"),
        ("a page of history", f"{limits.MAX_HISTORY} messages or {_size(PAGE_BYTES)}", "fewer messages"),
        ("sessions of an account that have a page", f"{readers.AT_ONCE}", "the others wait"),
        ("nonces of an account that are remembered", _size(nonces.OF_ACCOUNT), "the database is asked"),
        (
            "the hub's time, of an account while others wait",
            f"{SLICE * 1000:.0f} ms of a turn",
            "its lines wait, and the others' go on",
        ),
        ("commands of a session", f"{flood.BURST:g} at once, {flood.RATE:g} a second", "they wait"),
        (
            "what an account has stored",
            f"{_size(spending.BURST)} at once, {_size(spending.RATE)} a second",
            "its lines wait",
        ),
        (
            "passwords that strangers try on an account",
            f"{throttle.STRANGERS.burst} at once, {throttle.STRANGERS.hourly} more an hour",
            "904, unhashed",
        ),
        (
            "OPER and `password` of a member",
            f"{throttle.POWERS.burst} at once, {throttle.POWERS.hourly} more an hour",
            "464, or a notice",
        ),
        *((f"{kind.text}, of all", _size(kind.bound(USUAL)), kind.answer) for kind in KINDS),
        ("channels that one is in", f"{limits.MAX_CHANNELS}", "405"),
        ("masks on each list of a channel", f"{limits.MAX_LIST}", "478"),
        ("people whom one ignores", f"{limits.MAX_SILENCED}", "511"),
        ("reports of an account in a day", f"{reports.A_DAY}", "the pseudo-user's answer"),
        ("reports that are kept", f"{reports.MOST:,}", "the oldest that is closed goes"),
        (
            "bans from the server, and how many of them are masks",
            f"{ban_requests.MAX_BANS:,}, {ban_requests.MAX_MASKS}",
            "refused",
        ),
        ("rules of the word filter", f"{wordfilter.MAX_RULES}", "the configuration is refused"),
        ("nicks on the list of MONITOR", f"{limits.MAX_MONITORED}", "734"),
        ("pins of a channel", f"{limits.MAX_PINS}", "`FAIL PIN`"),
        (
            "edits of a message and reactions to it, of an account",
            f"{limits.MAX_CHANGES}",
            "`FAIL <command> LIMIT_REACHED`",
        ),
        ("a reaction", f"{limits.MAX_REACTION} bytes", "`FAIL <command> INVALID_PARAMS`"),
        ("keys of METADATA", f"{limits.METADATA_KEYS}", "`FAIL METADATA LIMIT_REACHED`"),
    ):
        yield f"| | {much} | {what} | {answer} |"


def _size(number: int) -> str:
    return f"{number >> 20} MiB" if number >= 1 << 20 else f"{number >> 10} KiB"


def updated(document: str) -> str:
    """Return the document with the table written anew."""
    return rewritten(document, "limits", rows())


if __name__ == "__main__":
    raise SystemExit(write_or_check(DOCUMENT, updated))
