"""The pseudo-user's commands for operators of a channel: ban, kickban, mute, unban, unmute, bans."""

from typing import Final

from securechat.chat.durations import looks_like_one
from securechat.chat.requests import Answer, Refused, Row
from securechat.chat.rules.administration import perform_then
from securechat.chat.rules.banning import until
from securechat.chat.rules.restraints import list_restraints
from securechat.chat.sanctions import (
    ChannelBan,
    ChannelMute,
    ChannelUnban,
    ChannelUnmute,
    InChannel,
    KickBan,
    ListRestraints,
    Pardon,
)
from securechat.chat.service.asked import Asked, ServiceCommand
from securechat.chat.service.channels import known
from securechat.chat.turn.steps import Steps


def bans(asked: Asked) -> None:
    """bans <channel>

    Lists the bans and mutes of a channel, with their reasons and ends.
    """
    channel = asked.ctx.registry.channel(asked.word(0)) if asked.ctx.session.oper else None
    channel = channel or known(asked, asked.word(0))
    if channel is not None:
        answer = list_restraints(asked.ctx.chat, ListRestraints(channel.name))
        rows = [] if isinstance(answer, Refused) else answer.rows
        texts = [f"{row['mask']}: {_said(dict(row))}" for row in rows]
        asked.say_all([*texts, f"End of the bans and mutes in {channel.name}"])


def restraining(name: str, kind: type[ChannelBan | ChannelMute | KickBan], what: str) -> ServiceCommand:
    """Return the command that restrains somebody in a channel."""

    def handler(asked: Asked) -> None:
        channel, targets, *rest = asked.words
        timed = bool(rest) and (looks_like_one(rest[0]) or rest[0] == "-")
        duration, reason = (rest[0], rest[1:]) if timed else ("", rest)
        _perform(asked, kind(channel, targets, duration, " ".join(reason)))

    handler.__doc__ = (
        f"{name} <channel> <nick>{{,<nick>}} [<duration>] [<reason>]\n\n{what}\n"
        "A duration is 30m, 12h, 7d or 2w; without one it is for ever."
    )
    return ServiceCommand(name, handler, 2)


def pardoning(name: str, kind: type[ChannelUnban | ChannelUnmute], what: str) -> ServiceCommand:
    """Return the command that undoes that."""

    def handler(asked: Asked) -> None:
        _perform(asked, kind(asked.word(0), asked.word(1)))

    handler.__doc__ = f"{name} <channel> <nick>{{,<nick>}}\n\n{what}"
    return ServiceCommand(name, handler, 2)


def _perform(asked: Asked, request: InChannel) -> None:
    def answered(answer: Answer) -> None:
        if isinstance(answer, Refused):
            asked.say(answer.text)
            return
        undone = "no more: " if isinstance(request, Pardon) else ""
        asked.say_all(f"{row['mask']} in {row['channel']}: {undone}{_said(dict(row))}" for row in answer.rows)

    steps = Steps(asked.ctx.chat, asked.ctx)
    perform_then(steps, request, asked.account.name, asked.ctx.session.address, answered)


def _said(row: Row) -> str:
    """Return what is done to whom a mask is for, by whom and why."""
    what = "muted" if row["kind"] == "mute" else "banned"
    ends = until(row["expires"] if isinstance(row["expires"], int) else 0)
    reason = f": {row['reason']}" if row["reason"] else ""
    return f"{what} {ends} by {row['by']}{reason}"


COMMANDS: Final = (
    restraining("ban", ChannelBan, "Keeps people, or whomever a mask fits, out of a channel."),
    restraining("kickban", KickBan, "Removes people from a channel and keeps them out."),
    restraining("mute", ChannelMute, "Keeps people, or whomever a mask fits, quiet in a channel."),
    pardoning("unban", ChannelUnban, "Lets somebody in again: every ban that meets a person goes."),
    pardoning("unmute", ChannelUnmute, "Lets somebody speak again: every mute that meets a person goes."),
    ServiceCommand("bans", bans, 1),
)
