"""The pseudo-user's commands for channels: access, channels, drop, give, op and its like, register."""

from collections.abc import Iterator
from itertools import chain, islice
from typing import Final

from securechat.chat.membership import RANKS
from securechat.chat.requests import CHANNELS_AT_ONCE
from securechat.chat.rules import dropping, founding
from securechat.chat.rules.many_channels import drop_each
from securechat.chat.service.asked import Asked, ServiceCommand
from securechat.chat.state.channel import Channel
from securechat.chat.turn.steps import Steps
from securechat.irc.masks import Mask, is_mask
from securechat.irc.names import fold, is_channel

RANK_NAMES: Final = dict(zip(RANKS, ("founder", "admin", "operator", "half-operator", "voice"), strict=True))
UNKNOWN: Final = "You are in no such channel"
"""The same for a channel that does not exist: it may be a secret one."""
MORE: Final = "There are more: say it again, or use `securechat channel drop` on the server's host"
NO_CHANNEL: Final = "There is no such channel"
NO_MEMBER: Final = "Only a member of the channel can be given it: nobody of this name is in it"


def channels(asked: Asked) -> None:
    """channels

    Lists the channels that you are in, and your ranks there.
    """
    user = asked.ctx.user
    channels = asked.ctx.registry.channels_of(user.id)
    texts = (f"{channel.name}: {named(channel.ranks(user.id)) or 'member'}" for channel in channels)
    asked.say_all(chain(texts, ["End of your channels"]))


def access(asked: Asked) -> None:
    """access <channel>

    Lists who has a rank in a channel.
    """
    channel = known(asked, asked.word(0))
    if channel is None:
        return
    asked.say_all(chain(_ranked(asked, channel), [f"End of the ranks in {channel.name}"]))


def _ranked(asked: Asked, channel: Channel) -> Iterator[str]:
    registry = asked.ctx.registry
    for member, membership in list(channel.members.items()):
        if membership.ranks:
            account = registry.accounts.get(member)
            user = registry.users.get(member)
            name = user.nick if user is not None else account.name if account is not None else "?"
            yield f"{name}: {named(membership.ranks)}"


def register(asked: Asked) -> None:
    """register <channel>

    Says how to get a channel of your own.
    """
    asked.say(f"JOIN {asked.word(0)}: a channel that nobody has is made then, kept, and you are its founder")


def drop(asked: Asked) -> None:
    """drop <channel> <channel>

    Removes a channel for good; its founder and operators can. The name is written twice to make sure.
    For operators it may be a mask such as #spam*: the first channels that fit are dropped.
    """
    name, again = asked.word(0), asked.word(1)
    if asked.ctx.session.oper and is_mask(name):
        drop_many(asked, name, again)
        return
    channel = asked.ctx.registry.channel(name) if asked.ctx.session.oper else known(asked, name)
    if channel is None:
        if asked.ctx.session.oper:
            asked.say(NO_CHANNEL)
        return
    founder = channel.founder == asked.account.id
    if not founder and not asked.ctx.session.oper:
        asked.say("Only its founder and operators can drop a channel")
    elif asked.ctx.registry.channel(again) is not channel:
        asked.say(
            f"Nothing brings {channel.name} back: to drop it, write `drop {channel.name} {channel.name}`"
        )
    else:
        if not founder:
            asked.ctx.audit("drop", channel.name)
        dropping.drop(asked.ctx.chat, channel, asked.ctx)
        asked.say(f"{channel.name} was dropped")


def drop_many(asked: Asked, mask: str, again: str) -> None:
    """Remove some of the channels that fit a mask."""
    chat, fits = asked.ctx.chat, Mask(fold(mask))
    fitting = (channel for channel in chat.registry.channels.values() if fits.matches(channel.folded))
    some = list(islice(fitting, CHANNELS_AT_ONCE + 1))
    names = ",".join(channel.name for channel in some[:CHANNELS_AT_ONCE])
    if not some:
        asked.say(NO_CHANNEL)
    elif again != mask:
        more = " and more" if len(some) > CHANNELS_AT_ONCE else ""
        asked.say(f"{names}{more}: to drop them, write `drop {mask} {mask}`. Nothing brings them back")
    else:
        asked.ctx.audit("drop", names, mask)

        def dropped(gone: list[str]) -> None:
            asked.say(f"{','.join(gone)} dropped")
            if len(some) > CHANNELS_AT_ONCE:
                asked.say(MORE)

        drop_each(Steps(chat, asked.ctx), some[:CHANNELS_AT_ONCE], dropped, asked.ctx)


def give(asked: Asked) -> None:
    """give <channel> <account>

    Gives a channel to one of its members, who is its founder from then on. Its founder can; operators can
    give it to anybody.
    """
    ctx, oper = asked.ctx, bool(asked.ctx.session.oper)
    channel = ctx.registry.channel(asked.word(0)) if oper else known(asked, asked.word(0))
    if channel is None:
        if oper:
            asked.say(NO_CHANNEL)
        return
    mine, heir = channel.founder == asked.account.id, ctx.registry.account_of(asked.word(1))
    if not mine and not oper:
        asked.say("Only its founder and operators can give a channel to somebody")
    elif heir is None or not heir.usable or not (oper or founding.members_of(ctx.chat, channel, heir)):
        asked.say("There is no such account" if oper else NO_MEMBER)
    elif channel.founder == heir.id:
        asked.say(f"{heir.name} is the founder of {channel.name} already")
    elif not oper and founding.no_more(ctx.chat, heir) is not None:
        asked.say(f"{heir.name} has as many channels as one may have: {channel.name} stays yours")
    else:
        if oper and not mine:
            ctx.audit("give", channel.name, heir.name)
        founding.hand_over(ctx.chat, channel, heir, ctx.nick, ctx)
        asked.say(f"{heir.name} is the founder of {channel.name} now")


def known(asked: Asked, name: str) -> Channel | None:
    """Return a channel that the person is in; else say that there is none."""
    channel = asked.ctx.registry.channel(name) if is_channel(name) else None
    if channel is None or asked.ctx.user.id not in channel.members:
        asked.say(UNKNOWN)
        return None
    return channel


def named(ranks: str) -> str:
    """Return ranks in words."""
    return ", ".join(RANK_NAMES[rank] for rank in ranks)


def changing(name: str, change: str, what: str) -> ServiceCommand:
    """Return the command that gives or takes a rank: MODE by another name, and by MODE's rules."""

    def handler(asked: Asked) -> None:
        asked.mode(asked.word(0), change, asked.word(1))

    handler.__doc__ = f"{name} <channel> <nick>\n\n{what} a member of a channel, as MODE {change} does."
    return ServiceCommand(name, handler, 2)


RANK_COMMANDS: Final = [
    changing(prefix + name, sign + letter, f"{verb} the rank {RANK_NAMES[letter]} {preposition}")
    for name, letter in (("op", "o"), ("halfop", "h"), ("voice", "v"))
    for prefix, sign, verb, preposition in (("", "+", "Gives", "to"), ("de", "-", "Takes", "from"))
]

COMMANDS: Final = (
    *RANK_COMMANDS,
    ServiceCommand("access", access, 1),
    ServiceCommand("channels", channels),
    ServiceCommand("drop", drop, 1),
    ServiceCommand("give", give, 2),
    ServiceCommand("register", register, 1),
)
