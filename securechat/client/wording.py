"""Events in words: the lines of the plain client. Nothing here is made safe: what prints does that."""

import time
from collections.abc import Callable
from typing import assert_never

from securechat.client.events import (
    Answered,
    Disconnected,
    Ended,
    Event,
    Failed,
    Joined,
    Kind,
    Left,
    Message,
    MessageRefused,
    Missed,
    Names,
    NickChanged,
    Quit,
    Ready,
    Said,
    ServerText,
    Topic,
    Welcome,
)
from securechat.irc.names import is_channel


def local_time(ms: int) -> str:
    """Hours and minutes on this computer's clock."""
    return time.strftime("%H:%M", time.localtime(ms / 1000))


def describe(event: Event, clock: Callable[[int], str] = local_time) -> list[str]:
    """Return the lines that tell an event; none for those that a person need not know."""
    match event:
        case Message():
            return [f"{clock(event.time)} {_spoken(event)}"]
        case MessageRefused():
            return [f'* Not sent to {event.target}: {event.reason} ("{event.text}")']
        case Joined() | Left() | Quit() | NickChanged():
            return [f"* {_moved(event)}"]
        case Topic():
            return [f"* {_topic(event)}"]
        case Names():
            return [f"* In {event.channel} ({len(event.nicks)}): {', '.join(event.nicks)}"]
        case ServerText():
            return [f"* {event.text}"]
        case Failed():
            return [f"* Refused: {event.reason}"]
        case Answered():
            lost = event.refused is not None and event.refused.code == "CONNECTION_LOST"
            return [f"* No answer: {event.refused}"] if lost else []
        case Welcome():
            return _welcome(event)
        case Disconnected():
            return [_disconnected(event)]
        case Missed():
            return [f"* {event.count} events were missed here."]
        case Said() | Ready() | Ended():
            return []
        case _:
            assert_never(event)


def count(number: int, noun: str) -> str:
    """A number with its noun: "1 message", "2 messages"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _spoken(message: Message) -> str:
    if is_channel(message.target):
        where = message.target
    else:
        where = f"(private to {message.target})" if message.own else "(private)"
    match message.kind:
        case Kind.TEXT:
            return f"{where} {message.sender}: {message.text}"
        case Kind.ACTION:
            return f"{where} * {message.sender} {message.text}"
        case Kind.NOTICE:
            return f"{where} -{message.sender}- {message.text}"


def _moved(event: Joined | Left | Quit | NickChanged) -> str:
    match event:
        case Joined(channel, nick, own):
            return f"You are in {channel}." if own else f"{nick} is now in the chat ({channel})"
        case Left(channel, nick, reason, own, by):
            who = "You have" if own else f"{nick} has"
            return f"{who} left {channel}{_because(f'by {by}' if by else '', reason)}"
        case Quit(nick, reason):
            return f"{nick} has left the chat{_because(reason.removeprefix('Quit').removeprefix(': '))}"
        case NickChanged(old, new, own):
            return f"You are now called {new}" if own else f"{old} is now called {new}"


def _because(*reasons: str) -> str:
    given = ", ".join(reason for reason in reasons if reason)
    return f" ({given})" if given else ""


def _topic(topic: Topic) -> str:
    if topic.by:
        return f"{topic.by} has set the topic of {topic.channel}: {topic.text}"
    return f"Topic of {topic.channel}: {topic.text}" if topic.text else f"{topic.channel} has no topic"


def _welcome(event: Welcome) -> list[str]:
    if event.again:
        return ["* Connected again. What others said meanwhile is not shown here."]
    lines = [f"* Connected to {event.server} as {event.nick}."]
    if not event.durable:
        lines.append("* This server does not promise that the messages that it confirms are on its disk.")
    return lines


def _disconnected(event: Disconnected) -> str:
    waiting = f" {count(event.waiting, 'message')} not confirmed yet." if event.waiting else ""
    return f"* The connection is lost: {event.reason}. Trying again.{waiting}"
