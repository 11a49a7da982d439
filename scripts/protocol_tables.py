#!/usr/bin/env python3
"""Write the tables of docs/protocol.md from the program's own: commands, capabilities, ISUPPORT, numerics.

    python scripts/protocol_tables.py          # bring docs/protocol.md up to date
    python scripts/protocol_tables.py --check  # exit 1 when it is not

What a capability or a token is for is written here, once; one without a description is an error.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
DOCUMENT: Final = ROOT / "docs" / "protocol.md"
sys.path.insert(0, str(ROOT))

from scripts._generated import rewritten, write_or_check  # noqa: E402
from securechat.chat import modes  # noqa: E402
from securechat.chat.commands import COMMANDS  # noqa: E402
from securechat.chat.commands.capabilities import VALUES  # noqa: E402
from securechat.chat.lines import isupport  # noqa: E402
from securechat.chat.membership import RANKS, SYMBOLS  # noqa: E402
from securechat.chat.settings import Settings  # noqa: E402
from securechat.irc import numerics  # noqa: E402
from securechat.irc.capabilities import CAPABILITIES, names  # noqa: E402

SPECIFICATIONS: Final = "https://ircv3.net/specs/extensions/"
CAPABILITY: Final = {
    "draft/oper-tag": ("oper-tag", "`draft/oper`, without a value, on what operators say and do"),
    "account-notify": (
        "account-notify",
        "ACCOUNT at one's own login, and when an administrator renames somebody's account",
    ),
    "draft/account-registration": (
        "account-registration",
        'REGISTER and VERIFY; not with `identity.registration = "closed"`',
    ),
    "account-tag": ("account-tag", "`account` on everything that a person causes"),
    "away-notify": ("away-notify", "AWAY of those who share a channel, at the change and when they join"),
    "batch": ("batch", "lines that belong together come as one batch"),
    "chghost": ("chghost", "the account in a source is another one, since it was renamed"),
    "cap-notify": ("capability-negotiation", "implied by `CAP LS 302`"),
    "draft/channel-rename": ("channel-rename", "RENAME instead of PART and JOIN"),
    "draft/chathistory": ("chathistory", "CHATHISTORY reads what was said; nothing is replayed at login"),
    "draft/event-playback": ("chathistory", "history also holds TAGMSG and what happened in a channel"),
    "draft/extended-isupport": (
        "extended-isupport",
        "ISUPPORT, also before the login; with `batch` the lines come as a `draft/isupport` batch",
    ),
    "draft/message-redaction": ("message-redaction", "REDACT: tells that a message was taken back"),
    "draft/metadata-2": ("metadata", "METADATA: what people and channels say of themselves, for programs"),
    "draft/metadata-3": (
        "https://github.com/ircv3/ircv3-specifications/pull/613",
        "the same; changes come as 761 and 766, and failures have other codes",
    ),
    "draft/multiline": ("multiline", "messages of several lines, as one batch; line by line for the others"),
    "draft/pre-away": ("pre-away", "AWAY before the login, and `AWAY *` for a session at which nobody sits"),
    "draft/read-marker": ("read-marker", "MARKREAD: how far one has read, the same on all one's devices"),
    "draft/relaymsg": (
        "https://github.com/ircv3/ircv3-specifications/pull/417",
        "RELAYMSG: a bridge speaks for people elsewhere, whose nicks have a `/`",
    ),
    "draft/whoami": (
        "https://github.com/ircv3/ircv3-specifications/pull/603",
        "SETNAME in the welcome: its source is one's own, its text one's real name",
    ),
    "echo-message": ("echo-message", "the sender gets its message back, after it is on disk"),
    "extended-join": ("extended-join", "JOIN says as which account, and the real name"),
    "extended-monitor": ("extended-monitor", "AWAY and SETNAME also of those on the list of MONITOR"),
    "invite-notify": ("invite-notify", "half-operators and up see who invites whom"),
    "labeled-response": ("labeled-response", "replies carry the command's label; so does a message's echo"),
    "message-tags": ("message-tags", "client-only tags, `msgid` on every message, TAGMSG"),
    "multi-prefix": ("multi-prefix", "NAMES and WHO show all ranks of a member, not only the highest"),
    "no-implicit-names": ("no-implicit-names", "JOIN is not followed by the names"),
    "sasl": ("sasl-3.2", "the way in"),
    "securechat/durable": ("", "nothing to do: its presence says that an echo means *committed with fsync*"),
    "securechat/reactions": ("", "messages in CHATHISTORY carry the reactions to them in a tag of this name"),
    "server-time": ("server-time", "`time` on every line"),
    "setname": ("setname", "SETNAME of those who share a channel"),
    "soju.im/search": ("https://codeberg.org/emersion/soju/src/branch/master/doc/ext/search.md", "SEARCH"),
    "standard-replies": ("standard-replies", "`FAIL` is sent to every client, with or without it"),
    "znc.in/self-message": (
        "https://wiki.znc.in/Query_buffers",
        "with it or with `echo-message` one gets what one said to people on other devices",
    ),
    "userhost-in-names": ("userhost-in-names", "NAMES shows full sources"),
}
TOKEN: Final = {
    "ACCOUNTEXTBAN": "names of the extended ban by account: `$a:name`",
    "ELIST": "conditions that LIST takes: creation, mask, not mask, topic, users",
    "EXCEPTS": "the mode that exempts from bans",
    "EXTBAN": "extended bans: `$a:account`, `$m:mask` (mute)",
    "INVEX": "the mode that lets into an invite-only channel",
    "KEYLEN": "bytes of a channel's key",
    "KICKLEN": "bytes of a reason for KICK",
    "KNOCK": "there is KNOCK",
    "MAXLIST": "masks in each list of a channel",
    "draft/ACCOUNTREQUIRED": "nobody gets in without an account",
    "AWAYLEN": "bytes of an away message; a longer one is cut",
    "BOT": "the user mode that marks a bot, and its flag in WHO",
    "CASEMAPPING": "names compare as `UTF8MAPPING` says; ASCII alone would do for ASCII names",
    "CHANLIMIT": "channels that a user may be in",
    "CHANMODES": "channel modes: lists, always with a parameter, with one when set, flags",
    "CHANNELLEN": "bytes of a channel's name",
    "CHANTYPES": "what channel names begin with",
    "CHATHISTORY": "messages that one CHATHISTORY gives at most; a higher limit is taken as this one",
    "CLIENTTAGDENY": "client-only tags that are dropped (`channels.client_tag_deny`)",
    "MODES": "changes with a parameter in one MODE",
    "MONITOR": "nicks on the list of one session",
    "MSGREFTYPES": "how CHATHISTORY selects messages",
    "NAMELEN": "bytes of a real name; USER cuts a longer one, SETNAME refuses it",
    "NETWORK": "`server.network`",
    "NICKLEN": "characters of a nick",
    "PREFIX": "ranks in a channel and their signs, the highest first",
    "soju.im/SAFERATE": "nobody is disconnected for sending too fast: what is too fast waits",
    "SILENCE": "so many masks an account can ignore",
    "STATUSMSG": "before a channel's name: only members with this rank or a higher one get the message",
    "TARGMAX": "targets of one command",
    "TOPICLEN": "bytes of a topic",
    "USERMODES": "user modes, all without a parameter",
    "UTF8MAPPING": "how names compare: PRECIS UsernameCaseMapped",
    "UTF8ONLY": "everything is UTF-8; what is not is refused",
    "WHOX": "WHO takes fields and a token",
}


def commands() -> Iterator[str]:
    """One row for each command, from its row in the command table and its handler's docstring."""
    yield "| command | what it does | before the login | costs |"
    yield "|---|---|---|---|"
    for command in COMMANDS.values():
        what = " ".join(command.help)
        before = "yes" if command.before_login else ", ".join(f"with `{cap}`" for cap in names(command.early))
        yield f"| `{_cell(command.syntax)}` | {_cell(what)} | {before} | {command.cost:g} |"


def capabilities() -> Iterator[str]:
    """One row for each capability that `CAP LS 302` shows."""
    yield "| capability | value | what it does here |"
    yield "|---|---|---|"
    for name in sorted(CAPABILITIES):
        page, what = CAPABILITY[name]
        link = page if page.startswith("https:") else SPECIFICATIONS + page
        shown = f"[`{name}`]({link})" if page else f"`{name}`"
        value = f"`{VALUES[name]}`" if name in VALUES else ""
        yield f"| {shown} | {value} | {what} |"


def channel_modes() -> Iterator[str]:
    """One row for each mode of channels, then for each rank."""
    yield "| mode | what it does | who changes it |"
    yield "|---|---|---|"
    for mode in modes.MODES.values():
        yield f"| `{_cell(f'{mode.letter} {mode.argument}'.strip())}` | {mode.help} | `{modes.CHANGED_BY}` |"
    for rank, sign in zip(RANKS, SYMBOLS, strict=True):
        yield f"| `{rank} <nick>` (`{sign}`) | {modes.RANK_HELP[rank]} | `{modes.GRANTED_BY[rank]}` |"


def tokens() -> Iterator[str]:
    """One row for each token of RPL_ISUPPORT, with the values of a server without configuration."""
    yield "| token | value | meaning |"
    yield "|---|---|---|"
    for token in isupport.tokens(Settings("chat.example.org", "securechat", "1.0")):
        name, _, value = token.partition("=")
        yield f"| `{name}` | {f'`{_cell(value)}`' if value else ''} | {TOKEN[name]} |"


def replies() -> Iterator[str]:
    """The numerics that the server sends, by number."""
    yield ", ".join(f"{code} `{name}`" for code, name in sent_numerics()) + "."


def sent_numerics() -> list[tuple[str, str]]:
    """Return code and name of each numeric that the chat's source mentions."""
    source = "".join(
        file.read_text(encoding="utf-8") for file in (ROOT / "securechat" / "chat").rglob("*.py")
    )
    names = {*re.findall(r"\bnum\.((?:RPL|ERR)_\w+)", source)}
    codes: Mapping[str, str] = vars(numerics)
    return sorted((codes[name], name) for name in names)


SECTIONS: Final = {
    "channel modes": channel_modes,
    "commands": commands,
    "capabilities": capabilities,
    "isupport": tokens,
    "numerics": replies,
}


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def updated(document: str) -> str:
    """Return the document with each generated section written anew."""
    for name, rows in SECTIONS.items():
        document = rewritten(document, name, rows())
    return document


if __name__ == "__main__":
    raise SystemExit(write_or_check(DOCUMENT, updated))
