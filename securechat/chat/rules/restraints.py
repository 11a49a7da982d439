"""What keeps people quiet or out in one channel: bans and mutes with a reason and an end, by +b.

Operators of the channel ask for it by the pseudo-user, administrators of any channel on the command line,
too. MODE sets and removes the same entries, without a reason or an end. An entry whose time has come goes
with the next tick, and everybody in the channel sees it go; while the clock is in doubt it stays.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from securechat.chat import limits
from securechat.chat.masks import ACCOUNT, MUTE, InvalidMask, Matcher, canonical
from securechat.chat.records import Kicked, ListEntry
from securechat.chat.requests import Answer, Done, Refused, Row
from securechat.chat.rules import access
from securechat.chat.rules.banning import Wrong, check_reason, ends, in_looks, is_address
from securechat.chat.rules.bans import called
from securechat.chat.rules.founding import members_of
from securechat.chat.rules.mode_draft import Draft
from securechat.chat.sanctions import (
    ChannelMute,
    ChannelUnmute,
    KickBan,
    ListRestraints,
    Pardon,
    Restraint,
    SetSlowMode,
)
from securechat.chat.state.account import Account
from securechat.chat.state.channel import Channel
from securechat.chat.state.session import Person
from securechat.chat.turn.chat import Chat
from securechat.chat.turn.context import Context
from securechat.chat.turn.steps import Steps
from securechat.irc.masks import is_mask
from securechat.irc.names import is_channel
from securechat.irc.text import body_room, clip
from securechat.irc.timestamp import format_ms


@dataclass(frozen=True, slots=True)
class _Act:
    """What is about to be done in a channel. `ctx` is the command of who asks, None on the command line."""

    chat: Chat
    ctx: Context | None
    channel: Channel
    request: Restraint | Pardon

    @property
    def by(self) -> str:
        """The nick under which it is shown."""
        return self.ctx.user.nick if self.ctx is not None else self.chat.settings.server_name

    @property
    def mutes(self) -> bool:
        """Whether it is about mutes."""
        return isinstance(self.request, ChannelMute | ChannelUnmute)


@dataclass(frozen=True, slots=True)
class _Target:
    """Whom it is for: the mask, and the account where it is that of one person.

    `found` are the masks that a pardon takes off the list.
    """

    mask: str
    account: Account | None
    found: list[str] = field(default_factory=list)


def change(
    steps: Steps, request: Restraint | Pardon, begin: Callable[[str], None], then: Callable[[Answer], None]
) -> None:
    """Do for all targets what is asked for, or for none of them when one is a mistake."""
    chat, ctx, rows, targets = steps.chat, steps.ctx, list[Row](), list[_Target]()
    try:
        act = _Act(chat, ctx, _channel(chat, ctx, request.channel), request)
    except Wrong as wrong:
        then(Refused(wrong.code, str(wrong)))
        return

    def one(target: _Target) -> None:
        if chat.registry.channels.get(act.channel.id) is act.channel and _may(ctx, act.channel):
            rows.extend(_put(act, target) if isinstance(request, Restraint) else _take(act, target))

    def looked() -> None:
        if isinstance(request, Restraint):
            _check_room(act, targets)
        begin(request.name)
        steps.for_each(targets, one, lambda: then(Done(rows)))

    in_looks(steps, _reading(act, targets), looked, then)


def list_restraints(chat: Chat, request: ListRestraints) -> Answer:
    """List the bans and mutes of a channel, the oldest first."""
    channel = chat.registry.channel(request.channel) if is_channel(request.channel) else None
    if channel is None:
        return Refused("CHANNEL_UNKNOWN", f"There is no channel {request.channel!r}")
    return Done([_row(channel, mask, entry) for mask, entry in channel.lists["b"].items()])


def detail(chat: Chat, request: Restraint | Pardon) -> str:
    """Return what the audit log says besides the channel and whom it is for."""
    if isinstance(request, Pardon):
        return ""
    try:
        expires = ends(request.duration, chat.now.wall)
    except Wrong:
        return ""  # it will be refused
    return f"{f'until {format_ms(expires)}' if expires else 'for ever'}: {request.reason}"


# What is a mistake


def _channel(chat: Chat, ctx: Context | None, name: str) -> Channel:
    channel = chat.registry.channel(name) if is_channel(name) else None
    user = ctx.user.id if ctx is not None and not ctx.session.oper else None
    if channel is None or (user is not None and not channel.visible_to(user)):
        raise Wrong("CHANNEL_UNKNOWN", f"There is no channel {name!r}")
    if not _may(ctx, channel):
        raise Wrong("RANK_NEEDED", f"You need the rank +o in {channel.name} to do this")
    return channel


def _may(ctx: Context | None, channel: Channel) -> bool:
    return ctx is None or ctx.session.oper or access.has_rank(channel, ctx.user, "o")


def _named(targets: str) -> list[str]:
    named = list(dict.fromkeys(target for target in targets.split(",") if target))
    if not 1 <= len(named) <= limits.MAX_TARGETS:
        raise Wrong("TARGET_INVALID", f"Name 1 to {limits.MAX_TARGETS} people or masks, with commas between")
    return named


def _reading(act: _Act, targets: list[_Target]) -> Iterator[None]:
    """Find whom an act is for, a look at a time. Raises Wrong."""
    if isinstance(act.request, Restraint):
        check_reason(act.request.reason)
        ends(act.request.duration, act.chat.now.wall)
    for text in _named(act.request.targets):
        target = _target(act, text)
        if isinstance(act.request, Pardon):
            yield from _find(act, target)
        elif target.account is not None:
            _check_ranks(act, target.account)
        targets.append(target)
        yield


def _target(act: _Act, text: str) -> _Target:
    """Return whom a text means. Raises Wrong."""
    if not (is_mask(text) or any(sign in text for sign in "!@$:~")):
        account = act.chat.registry.account_of(text)
        if account is None or account.phc is None:
            what = "addresses are banned from the whole server" if is_address(text) else "nor a mask"
            raise Wrong("TARGET_UNKNOWN", f"{text!r} is no nick or account: {what}")
        return _Target(canonical(f"{MUTE if act.mutes else ''}{ACCOUNT}{account.name}"), account)
    if isinstance(act.request, KickBan):
        raise Wrong("TARGET_INVALID", f"{text!r} is a mask: kickban is for people, use ban")
    try:
        mask = canonical(text)
    except InvalidMask as error:
        raise Wrong("MASK_INVALID", f"{text!r}: {error}") from error
    if mask.startswith(MUTE) and not act.mutes:
        raise Wrong("MASK_INVALID", f"{text!r} is a mute: use mute or unmute")
    if is_address(mask.rpartition("@")[2]):
        what = "holds an address, and these are banned from the whole server, by its operators"
        raise Wrong("MASK_INVALID", f"{text!r} {what}")
    return _Target(mask if mask.startswith(MUTE) or not act.mutes else MUTE + mask, None)


def _check_room(act: _Act, targets: list[_Target]) -> None:
    """Raise Wrong where the list of the channel has no room for all of them."""
    entries = act.channel.lists["b"]
    if len(entries) + sum(target.mask not in entries for target in targets) > limits.MAX_LIST:
        raise Wrong("LIST_FULL", f"The list of {act.channel.name} has at most {limits.MAX_LIST} masks")


def _check_ranks(act: _Act, account: Account) -> None:
    """Raise Wrong for somebody who stands too high for it, or whom it would not touch."""
    ctx, channel = act.ctx, act.channel
    if ctx is not None and ctx.user.account is account:
        raise Wrong("SELF", f"{account.name} is yourself")
    if channel.founder == account.id:
        raise Wrong("RANKED", f"{account.name} founded {channel.name}, and always gets in and speaks")
    for user in members_of(act.chat, channel, account):
        person = Person(user, account.id, account.name)
        if ctx is not None and not ctx.session.oper and not access.outranks(channel, ctx.user, person):
            raise Wrong("RANKED", f"{account.name} has a rank in {channel.name} that you cannot touch")
        if channel.ranks(user) and not isinstance(act.request, KickBan):
            text = f"{account.name} has a rank in {channel.name}, and so always speaks: take it first"
            raise Wrong("RANKED", text)


# What is done


def _put(act: _Act, target: _Target) -> Iterator[Row]:
    """Put a mask on the list, or give it another reason and end; kick whom it is for if that is asked."""
    request, chat = act.request, act.chat
    assert isinstance(request, Restraint), "a pardon puts nothing on a list"
    expires = ends(request.duration, chat.now.wall)
    entry, draft = ListEntry(act.by, chat.now.wall, request.reason, expires), Draft(act.channel)
    draft.put("b", target.mask, entry)
    _record(act, draft)
    row = dict(_row(act.channel, target.mask, entry))
    if isinstance(request, KickBan) and target.account is not None:
        users = members_of(chat, act.channel, target.account)
        for user in users:
            _kick(act, user, request.reason)
        row["kicked"] = len(users)
    yield row


def _take(act: _Act, target: _Target) -> Iterator[Row]:
    """Take a mask off the list; of a person all that are for them."""
    draft, entries = Draft(act.channel), act.channel.lists["b"]
    taken = [(mask, entries[mask]) for mask in target.found if mask in entries]
    for mask, _ in taken:
        draft.take("b", mask)
    _record(act, draft)
    return iter([_row(act.channel, mask, entry) for mask, entry in taken])


def _find(act: _Act, target: _Target) -> Iterator[None]:
    """Find the masks on the list that a pardon takes away, a look at a time. Raises Wrong for none."""
    entries, account = act.channel.lists["b"], target.account
    if account is None:
        target.found.extend([target.mask] if target.mask in entries else [])
    else:
        sources = _sources(act.chat, account)
        for mask in [mask for mask in entries if mask.startswith(MUTE) is act.mutes]:
            matcher = Matcher([mask])
            if matcher.matches(*sources) or matcher.mutes(*sources):
                target.found.append(mask)
            yield
    if not target.found:
        named = account.name if account is not None else target.mask
        raise Wrong("ENTRY_UNKNOWN", f"{named} is on no list of {act.channel.name}: `bans` lists them")


def _sources(chat: Chat, account: Account) -> list[str]:
    """Return all that a person is called now, as masks see it."""
    registry = chat.registry
    nicks = [account.name, *(one.nick for one in registry.users_of(account))]
    names = {pair for nick in nicks for pair in called(account, nick)}
    return [f"{nick}!{name}@{registry.server_name}" for nick, name in names]


def _record(act: _Act, draft: Draft) -> None:
    record = draft.record(act.chat.next_id(), act.chat.now.wall, act.by)
    if record is not None:
        act.chat.enter(record, act.ctx)


def _kick(act: _Act, user: int, reason: str) -> None:
    chat, channel = act.chat, act.channel
    online = chat.registry.users.get(user)
    nick = online.nick if online is not None else chat.registry.accounts[user].name
    said = reason if act.ctx is None else access.reason_for(act.ctx, channel, reason)
    source = act.ctx.user.source if act.ctx is not None else chat.settings.server_name
    shown = clip(said or act.by, body_room(source, "KICK", channel.name, nick))
    membership = channel.members[user]
    record = Kicked(chat.next_id(), user, channel.id, chat.now.wall, act.by, shown, membership)
    chat.enter(record, act.ctx)


def _row(channel: Channel, mask: str, entry: ListEntry) -> Row:
    return {
        "channel": channel.name,
        "kind": "mute" if mask.startswith(MUTE) else "ban",
        "mask": mask.removeprefix(MUTE),
        "reason": entry.reason,
        "by": entry.setter,
        "since": entry.at,
        "expires": entry.expires or None,
    }


def set_slow_mode(chat: Chat, request: SetSlowMode) -> Answer:
    """Set or end the slow mode of a channel (+W), as its operators do with MODE."""
    channel = chat.registry.channel(request.channel) if is_channel(request.channel) else None
    if channel is None:
        return Refused("CHANNEL_UNKNOWN", f"There is no channel {request.channel!r}")
    if not 0 <= request.seconds <= limits.MAX_SLOW:
        text = f"Slow mode takes 1 to {limits.MAX_SLOW} seconds, or 0 to end it"
        return Refused("SECONDS_INVALID", text)
    draft = Draft(channel)
    if request.seconds:
        draft.set_flag("W", str(request.seconds))
    else:
        draft.clear_flag("W")
    record = draft.record(chat.next_id(), chat.now.wall, chat.settings.server_name)
    if record is not None:
        chat.enter(record, None)
    return Done([{"channel": channel.name, "seconds": request.seconds}])
