"""Bridges: RELAYMSG (https://github.com/ircv3/ircv3-specifications/pull/417).

An account with the role bot speaks in a channel under the nicks of people who are in another chat. Such a
nick has a "/", which no nick here can have, and the message stays the bridge's own: in its source, its
account tag and the tag `draft/relaymsg`.
"""

import re
from typing import Final

from securechat.chat.commands.draft import Draft, client_tags
from securechat.chat.commands.messages import prepare
from securechat.chat.commands.saying import open_channel
from securechat.chat.rules.access import is_op_moderated
from securechat.chat.turn.command import Command
from securechat.chat.turn.context import Context
from securechat.irc import capabilities as cap
from securechat.irc import numerics as num
from securechat.irc.text import printable

SEPARATOR: Final = "/"
MAX_NICK: Final = 64
"""Bytes of a relayed nick."""
_PART: Final = r"""[^\s\x00-\x20\x7f-\x9f/,*?.!@:#$~&%+"'<>]+"""
_NICK: Final = re.compile(f"{_PART}(?:{SEPARATOR}{_PART})+")


def relaymsg(ctx: Context) -> None:
    """RELAYMSG <channel> <nick>/<network> :<text>

    Says something for somebody in another chat; for accounts with the role bot.
    """
    name, nick, text = ctx.param(0), ctx.param(1), ctx.param(2)
    if ctx.user.account.role != "bot":
        ctx.fail("PRIVS_NEEDED", printable(name), text="Only accounts with the role bot can relay messages")
    elif not text.strip(" "):
        ctx.fail("BLANK_MSG", text="There is no text to relay")
    elif not _NICK.fullmatch(nick) or len(nick.encode()) > MAX_NICK:
        reason = f"A relayed nick has a {SEPARATOR} between name and network, and at most {MAX_NICK} bytes"
        ctx.fail("INVALID_NICK", printable(nick), text=reason)
    else:
        relay(ctx, name, nick, text)


def relay(ctx: Context, name: str, nick: str, text: str) -> None:
    """Send the message, as one of the bridge's with another nick, by the rules of PRIVMSG."""
    channel = open_channel(ctx, name, text)
    if channel is None:
        return
    if is_op_moderated(channel, ctx.user):
        why = "Cannot relay to channel (+U): the bridge needs a rank in it"
        ctx.numeric(num.ERR_CANNOTSENDTOCHAN, channel.name, text=why)
        return
    tags = {cap.RELAYMSG_TAG: ctx.user.nick, **client_tags(ctx)}
    prepare(ctx, Draft("PRIVMSG", text, tags, nick=nick), [name])


COMMANDS = (Command("RELAYMSG", relaymsg, min_params=3),)
