"""The pseudo-user's commands for channels: access, channels, drop, op and its like, register."""

from collections.abc import Iterator
from itertools import chain
from typing import Final

from securechat.chat.membership import RANKS
from securechat.chat.rules import dropping
from securechat.chat.service.asked import Asked, ServiceCommand
from securechat.chat.state.channel import Channel
from securechat.irc.names import is_channel

RANK_NAMES: Final = dict(zip(RANKS, ("founder", "admin", "operator", "half-operator", "voice"), strict=True))
UNKNOWN: Final = "You are in no such channel"
"""The same for a channel that does not exist: it may be a secret one."""


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
    """
    name, again = asked.word(0), asked.word(1)
    channel = asked.ctx.registry.channel(name) if asked.ctx.session.oper else known(asked, name)
    if channel is None:
        if asked.ctx.session.oper:
            asked.say("There is no such channel")
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
        dropping.drop(asked.ctx.chat, channel, asked.account.id, asked.ctx)
        asked.say(f"{channel.name} was dropped")


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
    ServiceCommand("register", register, 1),
)
