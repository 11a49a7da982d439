"""Happenings in words, in the person's language. Nothing here is made safe: the drawing does that."""

from typing import Final

from securechat.client import events as happen
from securechat.client.recent import Spoken
from securechat.client.tui.entries import Move, Post, Way
from securechat.client.tui.language import _, later
from securechat.client.tui.phrases import told
from securechat.client.words.modewords import changes_in_words
from securechat.client.words.wording import describe
from securechat.irc.timestamp import format_ms as stamp

__all__ = ["happened", "move_of", "not_edited", "quote", "spoken", "stamp"]
_QUOTED: Final = 60
RANKS: Final = {
    "~": later("founder"),
    "&": later("admin"),
    "@": later("operator"),
    "%": later("half-operator"),
    "+": later("speaker"),
}
"""The sign of each rank, and its name."""


def move_of(event: happen.Event, time: int) -> Move | None:
    """Return who comes or goes by an event; one's own doings, and who is put out, are no such thing."""
    match event:
        case happen.Joined(_, nick, False):
            return Move(time, nick, Way.JOINED, _moved(event))
        case happen.Left(_, nick, _, False, by) if by in ("", nick):
            return Move(time, nick, Way.LEFT, _moved(event))
        case happen.Quit(nick):
            return Move(time, nick, Way.LEFT, _moved(event))
        case happen.NickChanged(_, new, False):
            return Move(time, new, Way.RENAMED, _moved(event))
        case _:
            return None


def happened(event: happen.Event) -> list[str]:
    """Return the lines that tell an event."""
    match event:
        case happen.Joined() | happen.Left() | happen.Quit() | happen.NickChanged():
            return [_moved(event)]
        case happen.Topic(_, text, by):
            return [_topic(text, by)] if by else []
        case happen.Pinned(_, by, _, removed, spoken):
            text = _("{by} has unpinned {what}") if removed else _("{by} has pinned {what}")
            return [text.format(by=by, what=quote(spoken))]
        case happen.Renamed(old, new, by, reason):
            return [_("{by} has renamed {old} to {new}").format(by=by, old=old, new=new) + _because(reason)]
        case happen.Invited(channel, nick, by, own):
            text = _("{by} invites you: /join {channel}") if own else _("{by} invites {nick} to {channel}")
            return [text.format(by=by, nick=nick, channel=channel)]
        case happen.Announced(sender, text):
            return [_("{sender} to everybody: {text}").format(sender=sender, text=text)]
        case happen.Silences(names):
            return [_("You ignore {names}").format(names=", ".join(names) or _("nobody"))]
        case happen.ModesChanged():
            return list(map(told, changes_in_words(event)))
        case _:
            return [told(line.removeprefix("* ")) for line in describe(event)]


def _moved(event: happen.Joined | happen.Left | happen.Quit | happen.NickChanged) -> str:
    match event:
        case happen.Joined(channel, nick, own):
            return (
                _("You are in {channel}").format(channel=channel)
                if own
                else _("{nick} is here").format(nick=nick)
            )
        case happen.Left(_, nick, reason, own, by):
            if by and by != nick:
                text = _("{by} has put you out") if own else _("{by} has put {nick} out")
            else:
                text = _("You have left") if own else _("{nick} has left")
            return text.format(by=by, nick=nick) + _because(reason)
        case happen.Quit(nick, reason):
            text = reason.removeprefix("Quit").removeprefix(": ")
            return _("{nick} has left the chat").format(nick=nick) + _because(text)
        case happen.NickChanged(old, new, own):
            text = _("You are now called {new}") if own else _("{old} is now called {new}")
            return text.format(old=old, new=new)


def _topic(text: str, by: str) -> str:
    if not text:
        return _("{by} has removed the topic").format(by=by)
    return _("{by} has set the topic: {text}").format(by=by, text=text)


def _because(reason: str) -> str:
    return f" ({reason})" if reason else ""


def not_edited(text: str, reason: str) -> str:
    """Say that an edit was refused, with its text, so that it is not lost."""
    return _("Not changed: {reason}. The new text was: {text}").format(reason=reason, text=text)


def spoken(post: Post) -> Spoken:
    """What a message said, and who."""
    return Spoken(post.sender, post.text)


def quote(spoken: Spoken | None) -> str:
    """Name a message by what it said."""
    if spoken is None or not spoken.sender:
        return _("an earlier message")
    text = " ".join(spoken.text.split("\n"))
    return f"{spoken.sender}: {text[:_QUOTED]}…" if len(text) > _QUOTED else f"{spoken.sender}: {text}"
