"""The format of an export, version 2: JSON Lines in UTF-8, one object a line, told apart by `type`.

The first line is the header and the last one the end, which counts the others: a file without it is not
complete. Accounts and channels come before the messages and events that name them. Times are as in IRC's
`server-time` (2026-11-22T11:45:00.123Z). A key that is missing has its default.

Version 1 had no events, and of a channel no lists, pins, metadata and retention: it is read as a version 2
without them.
"""

from typing import Final

import msgspec

from securechat.chat.requests import Value

FORMAT: Final = "securechat-export"
VERSION: Final = 2


class Header(msgspec.Struct, frozen=True, tag_field="type", tag="header"):
    """The first line. `selection` is {"all": ""}, {"channel": NAME} or {"account": NAME}."""

    format: str
    version: int
    server: str
    exported: str
    selection: dict[str, str]


class Account(msgspec.Struct, frozen=True, tag_field="type", tag="account", omit_defaults=True):
    """A person. `removed` accounts have only a name. Passwords are never exported.

    `silences` are the masks that it ignores (SILENCE), and since when, `former` the names that it had before;
    the export of a channel has neither. `last_login`, `networks` (from where it logged in, and when) and
    `rows` (what else is stored about it, by table) are only in the export of the account.
    """

    name: str
    role: str
    created: str
    removed: bool = False
    disabled: bool = False
    silences: dict[str, str] = {}
    former: list[str] = []
    last_login: str | None = None
    networks: dict[str, str] = {}
    rows: dict[str, list[dict[str, Value]]] = {}


class Member(msgspec.Struct, frozen=True, omit_defaults=True):
    """A member of a channel; `ranks` are the letters of its modes.

    `msgid` is that of its JOIN: what came before it is not for the member where `history.access` is `joined`.
    """

    account: str
    joined: str
    ranks: str = ""
    msgid: str | None = None


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """A mask on a list; `setter` is the nick of who put it there. It goes by itself when it `expires`."""

    mask: str
    setter: str
    at: str
    reason: str = ""
    expires: str | None = None


class Pin(msgspec.Struct, frozen=True):
    """A pinned message, by the account that pinned it."""

    msgid: str
    account: str
    at: str


class Channel(msgspec.Struct, frozen=True, tag_field="type", tag="channel", omit_defaults=True):
    """A channel. `modes` are arguments by letter, "" for none, and `lists` are the masks of +b, +e and +I.

    `retention_days` is missing where the server's holds. Of a `dropped` channel only messages are left. In an
    account's export it has only what is the account's.
    """

    name: str
    created: str = ""
    founder: str | None = None
    topic: str = ""
    topic_setter: str = ""
    topic_at: str | None = None
    modes: dict[str, str] = {}
    members: list[Member] = []
    lists: dict[str, list[Entry]] = {}
    pins: list[Pin] = []
    metadata: dict[str, str] = {}
    retention_days: int | None = None
    dropped: bool = False


class Message(msgspec.Struct, frozen=True, tag_field="type", tag="message", omit_defaults=True):
    """What was said. `sender`, `recipient` and `redacted_by` are accounts.

    `nick` is the sender's at that time, `target` how the sender addressed it. `refers` is the msgid of what
    this answers, edits or reacts to. Only members of the channel with `rank`, a letter, or a higher one read
    it. A redacted message has no text; `redacted_msgid` is the redaction's own. `dropped` is true when its
    channel is no more. `imported` is when it came to the server from an export, which alone says that it was
    sent; what was sent there has none.
    """

    msgid: str
    time: str
    command: str
    sender: str
    nick: str
    target: str
    channel: str | None = None
    recipient: str | None = None
    text: str = ""
    tags: dict[str, str] = {}
    refers: str | None = None
    redacted: str | None = None
    redacted_by: str | None = None
    rank: str | None = None
    redacted_msgid: str | None = None
    redacted_reason: str | None = None
    dropped: bool = False
    imported: str | None = None


class Event(msgspec.Struct, frozen=True, tag_field="type", tag="event", omit_defaults=True):
    """What happened in a channel besides messages, as history shows it: `command` says what.

    `account` came (JOIN), went (PART) or was removed (KICK); `nick` is who caused what else there is. `text`
    is what is left: a reason, a topic, the parameters of MODE; of RENAME the old name, the new one and the
    reason. `imported` is as in messages.
    """

    msgid: str
    time: str
    command: str
    channel: str
    account: str | None = None
    nick: str = ""
    text: str = ""
    dropped: bool = False
    imported: str | None = None


class End(msgspec.Struct, frozen=True, tag_field="type", tag="end"):
    """The last line: how many lines of each kind there are."""

    accounts: int
    channels: int
    messages: int
    events: int = 0


Said = Message | Event
Line = Header | Account | Channel | Said | End
