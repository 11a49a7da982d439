"""Who may see, join and speak in a channel."""

from hmac import compare_digest
from math import ceil
from typing import Final, NamedTuple

from securechat.chat.membership import is_at_least
from securechat.chat.rules import words
from securechat.chat.state.channel import Channel
from securechat.chat.state.session import Person, User
from securechat.chat.turn.context import Context
from securechat.irc import numerics as num
from securechat.irc.text import count

CTCP: Final = "\x01"
ACTION: Final = "\x01ACTION "
FORMATTING: Final = frozenset("\x02\x03\x04\x0f\x11\x16\x1d\x1e\x1f")
"""Bold, colours, reset, monospace, reverse, italics, strikethrough, underline."""


class Refusal(NamedTuple):
    """Why somebody may not join: the numeric, and what it says."""

    numeric: str
    text: str


def may_join(channel: Channel, user: User, key: str) -> Refusal | None:
    """Return why the user may not join, None when they may.

    The founder, and people whom an operator invited, may join whatever the modes are.
    """
    modes = channel.modes
    if channel.initial_ranks(user.account) or user.account.id in channel.invited:
        return None
    limit = modes.get("l")
    if limit is not None and len(channel.members) >= int(limit):
        return Refusal(num.ERR_CHANNELISFULL, "Cannot join channel (+l): it is full")
    if "k" in modes and not compare_digest(modes["k"].encode(), key.encode()):
        return Refusal(num.ERR_BADCHANNELKEY, "Cannot join channel (+k): JOIN <channel> <key>")
    if "i" in modes and not channel.listed("I", user):
        return Refusal(num.ERR_INVITEONLYCHAN, "Cannot join channel (+i): somebody in it has to invite you")
    if channel.listed("b", user) and not (channel.listed("e", user) or channel.listed("I", user)):
        return Refusal(num.ERR_BANNEDFROMCHAN, "Cannot join channel (+b): you are banned")
    return None


# Speaking: everything that puts text into a channel asks, and says afterwards that it was said


def may_speak(ctx: Context, channel: Channel, text: str = "") -> str | None:
    """Return why the user may not say this in the channel, None when they may. Asking changes nothing."""
    user = ctx.user
    member = channel.members.get(user.id)
    if member is None and "n" in channel.modes:
        return "You are not in this channel: join it first"
    if text and ctx.chat.settings.words.active and (unwanted := words.refusal(ctx, text)) is not None:
        return f"Cannot send to channel: {unwanted}"
    if not channel.strict:
        return None
    reason = _unfit(channel, text) if text else None
    if reason is None and (member is None or not member.ranks):
        # Slow mode is about text: a person whose typing counted could not send what they typed.
        reason = _silenced(channel, user) or (_too_soon(ctx, channel, user) if text else None)
    return reason


def may_tell_all(ctx: Context, channel: Channel, text: str = "") -> str | None:
    """Return why the user may not say this to everybody in the channel, None when they may.

    Under +U what members without a rank say is for half-operators, so it cannot be a topic, say.
    """
    if is_op_moderated(channel, ctx.user):
        return "Cannot send to channel (+U): what you say is for half-operators and up"
    return may_speak(ctx, channel, text)


def reason_for(ctx: Context, channel: Channel, reason: str) -> str:
    """Return the reason that the user gives the channel for something; "" when they may not say it there.

    The command then goes on without a reason.
    """
    return words.judged(ctx, reason).text if reason and may_tell_all(ctx, channel, reason) is None else ""


def spoke(ctx: Context, channel: Channel) -> None:
    """Let the slow mode's time begin for the user, who has said something in the channel."""
    if "W" not in channel.modes or channel.ranks(ctx.user.id):
        return
    account, times = ctx.user.account.id, channel.spoke
    before = times.get(account)
    times[account] = ctx.chat.now.mono

    def undo() -> None:
        if before is None:
            times.pop(account, None)
        else:
            times[account] = before

    ctx.chat.if_refused(undo)


def may_knock_with(ctx: Context, channel: Channel, text: str) -> bool:
    """Return whether somebody outside may say this to the channel's operators."""
    fit = _unfit(channel, text) is None and words.refusal(ctx, text) is None
    return fit and not channel.muted(ctx.user)


def is_silenced_by_mask(channel: Channel, user: User) -> bool:
    """Return whether a ban or a mute keeps the user from speaking in the channel."""
    return channel.muted(user) or (channel.listed("b", user) and not channel.listed("e", user))


def _unfit(channel: Channel, text: str) -> str | None:
    """What nobody may say, whatever their rank."""
    if "C" in channel.modes and any(is_ctcp(line) for line in text.split("\n")):
        return "Cannot send to channel (+C): no CTCP here"
    if "c" in channel.modes and not FORMATTING.isdisjoint(text):
        return "Cannot send to channel (+c): no colours or other formatting here"
    return None


def is_ctcp(line: str) -> bool:
    """Return whether a line asks a program for something; ACTION is a way of talking."""
    line = line.removeprefix("\r")  # it continues the line before, but is a line to those who know no batches
    return line.startswith(CTCP) and not line.startswith(ACTION)


def _silenced(channel: Channel, user: User) -> str | None:
    if "m" in channel.modes:
        return "Cannot send to channel (+m): it is moderated, and you have no voice"
    if channel.muted(user):
        return "Cannot send to channel (+b): you are muted"
    if channel.listed("b", user) and not channel.listed("e", user):
        return "Cannot send to channel (+b): you are banned"
    return None


def _too_soon(ctx: Context, channel: Channel, user: User) -> str | None:
    wait, last = channel.modes.get("W"), channel.spoke.get(user.account.id)
    if wait is None or last is None:
        return None
    left = ceil(last + int(wait) - ctx.chat.now.mono)
    if left <= 0:
        return None
    return f"Cannot send to channel (+W): slow mode, wait {count(left, 'more second')}"


def is_op_moderated(channel: Channel, user: User) -> bool:
    """Return whether what the user says is for half-operators and up only (+U)."""
    return "U" in channel.modes and not channel.ranks(user.id)


def has_rank(channel: Channel, user: User, rank: str) -> bool:
    """Return whether the user has this rank in the channel, or a higher one."""
    return is_at_least(channel.ranks(user.id), rank)


def outranks(channel: Channel, user: User, target: Person) -> bool:
    """Return whether the user may kick this member, by the ranks of both.

    Nobody kicks the founder; admins do not kick each other, half-operators neither.
    """
    mine, theirs = channel.ranks(user.id), channel.ranks(target.user)
    if not is_at_least(mine, "h"):
        return False
    if target.user == user.id:
        return True
    if channel.founder == target.account:
        return False
    if is_at_least(mine, "q"):
        return True
    return not is_at_least(theirs, "a" if is_at_least(mine, "o") else "h")
