"""Many channels at a time: what administrators list, drop and give to somebody else.

A flood leaves tens of thousands of channels, so a request looks at some of them, or changes a few, and
whoever asks goes on with the next ones. What applied when they were listed is looked at again.
"""

from collections.abc import Callable, Iterator
from typing import Final

from securechat.chat.effects import Answered
from securechat.chat.requests import (
    CHANNELS_AT_ONCE,
    Answer,
    Done,
    DropChannels,
    ListChannels,
    Refused,
    Row,
    SetFounder,
)
from securechat.chat.rules import dropping, founding
from securechat.chat.state.account import Account
from securechat.chat.state.channel import Channel
from securechat.chat.turn.chat import Chat
from securechat.chat.turn.context import Context
from securechat.chat.turn.steps import Steps
from securechat.irc.masks import Mask
from securechat.irc.names import fold

LOOKED_AT: Final = 250
"""Channels that one request looks at."""
BUSY: Final = Refused(
    "STORE_UNAVAILABLE", "The server is busy and could not look at what was said: try again"
)


def list_channels(steps: Steps, request: ListChannels, then: Callable[[Answer], None]) -> None:
    """List the channels that are asked for, but for what only the store knows."""
    found = _page(steps.chat, request)
    if isinstance(found, Refused):
        then(found)
    else:
        channels, more = found
        steps.gather(rows(steps.chat, channels), lambda listed: then(Done(listed, more)))


def drop_channels(
    steps: Steps, request: DropChannels, begin: Callable[[str], None], then: Callable[[Answer], None]
) -> None:
    """Drop the channels that are asked for, but for what only the store knows.

    `begin` is called with their names before the first of them goes.
    """
    found = _to_drop(steps.chat, request)
    if isinstance(found, Refused):
        then(found)
    else:
        if found:
            begin(",".join(channel.name for channel in found))
        drop_each(steps, found, lambda dropped: then(Done([{"name": name} for name in dropped])))


def drop_each(
    steps: Steps, channels: list[Channel], then: Callable[[list[str]], None], ctx: Context | None = None
) -> None:
    """Drop channels, but for those that others have dropped meanwhile; `then` gets their names."""
    chat, dropped = steps.chat, list[str]()

    def drop(channel: Channel) -> None:
        if chat.registry.channels.get(channel.id) is channel:
            dropping.drop(chat, channel, ctx)
            dropped.append(channel.name)

    steps.for_each(channels, drop, lambda: then(dropped))


def answer_unused(
    chat: Chat, ticket: int, request: ListChannels | DropChannels, note: Callable[[Answer], None]
) -> None:
    """Do what is asked for with those channels where nothing was ever said, and `note` the answer."""
    page = _page(chat, request) if isinstance(request, ListChannels) else _to_drop(chat, request)
    if isinstance(page, Refused):
        chat.emit(Answered(ticket, page))
        return
    candidates, more = page if isinstance(page, tuple) else (page, 0)

    def looked(silent: list[Channel] | None) -> None:
        answer: Answer = BUSY
        if silent is not None:
            still = [one for one in silent if chat.registry.channels.get(one.id) is one and fits(one)]
            dropping_them = isinstance(request, DropChannels)
            answer = _dropped(chat, still) if dropping_them else Done(list(rows(chat, still)), more)
        note(answer)
        chat.emit(Answered(ticket, answer))

    def fits(channel: Channel) -> bool:
        return dropping.is_only_founders(chat, channel)

    dropping.find_silent(chat, iter(candidates), looked)


def set_founder(
    steps: Steps, request: SetFounder, begin: Callable[[str], None], then: Callable[[Answer], None]
) -> None:
    """Give channels to an account, or to nobody; `begin` is called with their names before the first."""
    chat = steps.chat
    heir, previous = _account(chat, request.founder), _account(chat, request.previous)
    named = _named(chat, request.channels)
    for problem in (heir, previous, named):
        if isinstance(problem, Refused):
            then(problem)
            return
    assert not isinstance(heir, Refused) and not isinstance(previous, Refused) and isinstance(named, list)
    if heir is not None and heir.phc is None:
        then(Refused("ACCOUNT_UNKNOWN", f"The account {heir.name!r} was removed"))
        return
    given, new = list[str](), heir.id if heir is not None else None

    def fits(channel: Channel) -> bool:
        return channel.founder != new and (previous is None or channel.founder == previous.id)

    def give(channel: Channel) -> None:
        if fits(channel) and chat.registry.channels.get(channel.id) is channel:
            founding.hand_over(chat, channel, heir, chat.settings.server_name, None)
            given.append(channel.name)

    fitting = [channel for channel in named if fits(channel)]
    if fitting:
        begin(",".join(channel.name for channel in fitting))
    steps.for_each(fitting, give, lambda: then(Done([{"name": name} for name in given])))


def rows(chat: Chat, channels: list[Channel]) -> Iterator[Row]:
    """List channels that are still there, for people and programs, as long as it takes.

    `retention_days` is None where the server's holds.
    """
    accounts = chat.registry.accounts
    for channel in channels:
        if chat.registry.channels.get(channel.id) is channel:
            yield {
                "name": channel.name,
                "members": lasting(chat, channel),
                "founder": accounts[channel.founder].name if channel.founder is not None else None,
                "created": channel.created,
                "retention_days": channel.retention_days,
            }


def lasting(chat: Chat, channel: Channel) -> int:
    """Return how many members a channel has besides sessions that are users of their own."""
    members = channel.members
    return len(members) if chat.settings.nicknames == "account" else sum(map((0).__lt__, members))


def _page(chat: Chat, request: ListChannels) -> tuple[list[Channel], int] | Refused:
    """Return the next channels that fit, and the id after which there are more; 0 at the end."""
    fits = _condition(chat, request)
    if isinstance(fits, Refused):
        return fits
    registry, mask = chat.registry, Mask(fold(request.pattern))
    last = min(max(0, request.after) + LOOKED_AT, registry.last_channel)
    ids = range(max(0, request.after) + 1, last + 1)
    there = (channel for key in ids if (channel := registry.channels.get(key)) is not None)
    found = [channel for channel in there if fits(channel) and mask.matches(channel.folded)]
    return found, last if last < registry.last_channel else 0


def _to_drop(chat: Chat, request: DropChannels) -> list[Channel] | Refused:
    fits, named = _condition(chat, request), _named(chat, request.channels)
    if isinstance(fits, Refused):
        return fits
    return named if isinstance(named, Refused) else [channel for channel in named if fits(channel)]


def _condition(chat: Chat, request: ListChannels | DropChannels) -> Callable[[Channel], bool] | Refused:
    founder = _account(chat, request.founder)
    if isinstance(founder, Refused):
        return founder

    def fits(channel: Channel) -> bool:
        if founder is not None and channel.founder != founder.id:
            return False
        return not request.unused or dropping.is_only_founders(chat, channel)

    return fits


def _account(chat: Chat, name: str) -> Account | Refused | None:
    """Return the account of this name, a removed one too; None for no name."""
    account = chat.registry.account(name) if name else None
    if account is None and name:
        return Refused("ACCOUNT_UNKNOWN", f"There is no account {name!r}: `securechat users` lists them")
    return account


def _named(chat: Chat, names: str) -> list[Channel] | Refused:
    """Return the channels of these names that there are; one alone has to be there."""
    wanted = [name for name in names.split(",") if name]
    if len(wanted) > CHANNELS_AT_ONCE:
        text = f"One request is for at most {CHANNELS_AT_ONCE} channels"
        return Refused("TOO_MANY_CHANNELS", text)
    found = list(dict.fromkeys(_each(chat, wanted)))
    if not found and len(wanted) == 1:
        return Refused("CHANNEL_UNKNOWN", f"There is no channel {wanted[0]!r}: `securechat channel list`")
    return found


def _each(chat: Chat, names: list[str]) -> Iterator[Channel]:
    for name in names:
        channel = chat.registry.channel(name)
        if channel is not None:
            yield channel


def _dropped(chat: Chat, channels: list[Channel]) -> Done:
    for channel in channels:
        dropping.drop(chat, channel, None)
    return Done([{"name": channel.name} for channel in channels])
