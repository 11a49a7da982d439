"""Capability names, each with one bit: a session's capabilities are an int, cheap to compare."""

from collections.abc import Mapping
from typing import Final

ACCOUNT_TAG: Final = 1 << 0
BATCH: Final = 1 << 1
CAP_NOTIFY: Final = 1 << 2
ECHO_MESSAGE: Final = 1 << 3
LABELED_RESPONSE: Final = 1 << 4
MESSAGE_TAGS: Final = 1 << 5
SASL: Final = 1 << 6
SERVER_TIME: Final = 1 << 7
STANDARD_REPLIES: Final = 1 << 8
DURABLE: Final = 1 << 9
"""`securechat/durable`: the echo of a message leaves the server only after the message is on disk."""
MULTI_PREFIX: Final = 1 << 10
USERHOST_IN_NAMES: Final = 1 << 11
NO_IMPLICIT_NAMES: Final = 1 << 12
INVITE_NOTIFY: Final = 1 << 13
CHANNEL_RENAME: Final = 1 << 14
AWAY_NOTIFY: Final = 1 << 20
EXTENDED_JOIN: Final = 1 << 21
PRE_AWAY: Final = 1 << 22
SETNAME: Final = 1 << 23
CHATHISTORY: Final = 1 << 30
EVENT_PLAYBACK: Final = 1 << 31
SEARCH: Final = 1 << 32
MESSAGE_REDACTION: Final = 1 << 40
EXTENDED_MONITOR: Final = 1 << 24
RELAYMSG: Final = 1 << 41
EXTENDED_ISUPPORT: Final = 1 << 25
READ_MARKER: Final = 1 << 42
ACCOUNT_NOTIFY: Final = 1 << 26
CHGHOST: Final = 1 << 27
"""A source is `nick!account@<server.name>`: the account in it changes when an administrator renames it."""
MULTILINE: Final = 1 << 43
METADATA: Final = 1 << 44
METADATA_3: Final = 1 << 48
"""`draft/metadata-3`: what has changed comes as the numerics 761 and 766, not as METADATA."""
ANY_METADATA: Final = METADATA | METADATA_3
REACTIONS: Final = 1 << 45
"""`securechat/reactions`: messages in history carry the reactions to them."""

SELF_MESSAGE: Final = 1 << 47
"""`znc.in/self-message`: it knows that a direct message from itself is what it said on another device."""
WHOAMI: Final = 1 << 46
"""`draft/whoami`: the welcome says what one's own source is, as the source of a SETNAME."""

ACCOUNT_REGISTRATION: Final = 1 << 50
OPER_TAG: Final = 1 << 51

CAPABILITIES: Final[Mapping[str, int]] = {
    "account-notify": ACCOUNT_NOTIFY,
    "account-tag": ACCOUNT_TAG,
    "away-notify": AWAY_NOTIFY,
    "batch": BATCH,
    "cap-notify": CAP_NOTIFY,
    "chghost": CHGHOST,
    "draft/account-registration": ACCOUNT_REGISTRATION,
    "draft/channel-rename": CHANNEL_RENAME,
    "draft/chathistory": CHATHISTORY,
    "draft/event-playback": EVENT_PLAYBACK,
    "draft/extended-isupport": EXTENDED_ISUPPORT,
    "draft/message-redaction": MESSAGE_REDACTION,
    "draft/metadata-2": METADATA,
    "draft/metadata-3": METADATA_3,
    "draft/multiline": MULTILINE,
    "draft/oper-tag": OPER_TAG,
    "draft/pre-away": PRE_AWAY,
    "draft/read-marker": READ_MARKER,
    "draft/relaymsg": RELAYMSG,
    "draft/whoami": WHOAMI,
    "echo-message": ECHO_MESSAGE,
    "extended-join": EXTENDED_JOIN,
    "extended-monitor": EXTENDED_MONITOR,
    "invite-notify": INVITE_NOTIFY,
    "labeled-response": LABELED_RESPONSE,
    "message-tags": MESSAGE_TAGS,
    "multi-prefix": MULTI_PREFIX,
    "no-implicit-names": NO_IMPLICIT_NAMES,
    "sasl": SASL,
    "securechat/durable": DURABLE,
    "securechat/reactions": REACTIONS,
    "server-time": SERVER_TIME,
    "setname": SETNAME,
    "soju.im/search": SEARCH,
    "standard-replies": STANDARD_REPLIES,
    "userhost-in-names": USERHOST_IN_NAMES,
    "znc.in/self-message": SELF_MESSAGE,
}

EDIT_TAG: Final = "+securechat/edit"
"""Client tag: the message replaces the text of the one with this msgid, by the same author."""
REACT_TAG: Final = "+draft/react"
UNREACT_TAG: Final = "+draft/unreact"
REACTIONS_TAG: Final = "securechat/reactions"
"""Server tag in history: a JSON object, reaction → the names of those who reacted so, or how many."""
END_TAG: Final = "draft/chathistory-end"
"""On the opening line of a batch of history: there is no more in its direction."""
CONTEXT_TAG: Final = "draft/chathistory-context"
"""On what history gives besides the messages that were asked for: it counts for nothing."""
IMPORTED_TAG: Final = "securechat/imported"
"""Server tag on what came from an export: its file says who sent it, and not this server."""
RELAYMSG_TAG: Final = "draft/relaymsg"
"""Server tag on a relayed message: the nick of the bridge that relayed it."""
REPLY_TAGS: Final = ("+reply", "+draft/reply")
OPER: Final = "draft/oper"
"""Tag of what an operator says and does, for those with the capability; it does not say which account."""
NONCE_TAG: Final = "+securechat/nonce"
"""Client tag: unique per account; a message with a repeated nonce is answered with the first one's echo."""


def names(bits: int) -> list[str]:
    """Return the names of the capabilities in `bits`, sorted."""
    return [name for name, bit in sorted(CAPABILITIES.items()) if bits & bit]
