"""LIST, with the conditions of ISUPPORT ELIST: C creation, M mask, N not a mask, T topic, U users."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from securechat.chat.line import Line
from securechat.chat.rules import targets
from securechat.chat.state.channel import Channel
from securechat.chat.turn.command import EVERY, Command
from securechat.chat.turn.context import Context
from securechat.chat.turn.pieces import reply_all
from securechat.irc import numerics as num
from securechat.irc.masks import Mask
from securechat.irc.names import fold, is_channel

Condition = Callable[[Channel, int], bool]
"""Whether a channel is to be listed, by what it is and how many of its members are online."""

MINUTE: Final = 60_000
MAX_CONDITIONS: Final = 10
"""Each is looked at for each channel."""


def list_channels(ctx: Context) -> None:
    """LIST [<channel>{,<channel>}] [<condition>{,<condition>}]

    Lists channels with the number of members who are online, and their topics. Conditions: >3 and <3
    (people online), C>60 and C<60 (made more, less than 60 minutes ago), T>60 and T<60 (the same for the
    topic), *mask* and !*mask* (names).
    """
    words = dict.fromkeys(word for param in ctx.params for word in param.split(",") if word)
    named = [word for word in words if is_channel(word) and not re.search(r"[*?]", word)]
    others = words.keys() - named
    if len(others) > MAX_CONDITIONS:
        ctx.fail("INVALID_PARAMS", text=f"LIST takes at most {MAX_CONDITIONS} conditions")
        ctx.numeric(num.RPL_LISTEND, text="End of LIST")
        return
    conditions = [condition(word, ctx.chat.now.wall) for word in others]
    reply_all(ctx, rows_and_end(ctx, targets.within(ctx, named), conditions))


def rows_and_end(ctx: Context, named: list[str], conditions: list[Condition]) -> Iterator[Line | None]:
    """The channels that were asked for, between the beginning and the end.

    That may take many turns: what was dropped or hidden meanwhile is left out.
    """
    server, nick, at = ctx.settings.server_name, ctx.nick, ctx.chat.now.wall
    yield Line(server, num.RPL_LISTSTART, (nick, "Channel"), "Users  Name", at)
    for channel in candidates(ctx, named):
        if channel is None or channel.id not in ctx.registry.channels or not channel.visible_to(ctx.user.id):
            yield None
            continue
        online = len(ctx.registry.online(channel))
        if all([fits(channel, online) for fits in conditions]):
            yield Line(server, num.RPL_LIST, (nick, channel.name, str(online)), channel.topic.text, at)
        else:
            yield None
    yield Line(server, num.RPL_LISTEND, (nick,), "End of LIST", at)


def candidates(ctx: Context, named: list[str]) -> Iterable[Channel | None]:
    """Return the channels that were named, or all, by name; `None` is a name that no channel has."""
    registry = ctx.registry
    if named:
        return map(registry.channel, named)
    return registry.channel_names.all()


def condition(word: str, now: int) -> Condition:
    """Return what a condition means; one that cannot be read lists nothing."""
    match = re.fullmatch(r"([CT]?)([<>])([0-9]{1,9})", word)
    if match is None:
        return masked(word)
    subject, sign, number = match[1], match[2], int(match[3])
    if subject == "":
        return lambda channel, online: online > number if sign == ">" else online < number
    border = now - number * MINUTE

    def timed(channel: Channel, _online: int) -> bool:
        at = channel.created if subject == "C" else channel.topic.at
        if not at:
            return False  # no topic was ever set
        return at <= border if sign == ">" else at > border

    return timed


def masked(word: str) -> Condition:
    """Return the condition that a name fits a mask, or with ! that it does not."""
    wanted = not word.startswith("!")
    mask = Mask(fold(word.removeprefix("!")))
    return lambda channel, _online: mask.matches(channel.folded) is wanted


COMMANDS = (Command("LIST", list_channels, cost=3.0, listed=EVERY),)
