"""Events in words: the lines of the plain client. Nothing here is made safe: the printing does that."""

import time
from collections.abc import Callable, Mapping
from typing import Final, assert_never

from securechat.client.device_events import Certified, Enrolled, NotEnrolled
from securechat.client.errors import Refused
from securechat.client.events import (
    Announced,
    Answered,
    AwayChanged,
    CatchingUp,
    Disconnected,
    Ended,
    Event,
    Failed,
    Gap,
    Invited,
    Joined,
    Kind,
    Left,
    Listed,
    Message,
    MessageRefused,
    MessageTaken,
    Missed,
    ModesChanged,
    Names,
    NickChanged,
    Person,
    Pin,
    Pinned,
    Quit,
    Reacted,
    ReadUpTo,
    Ready,
    Redacted,
    Renamed,
    Said,
    ServerText,
    Silenced,
    Silences,
    Tagged,
    Talked,
    Topic,
    Typing,
    Value,
    Welcome,
    Whois,
)
from securechat.client.recent import Spoken
from securechat.client.words.modewords import changes_in_words
from securechat.irc.names import is_channel
from securechat.irc.text import count

_QUOTED: Final = 60
"""Characters of a message that are quoted where something is said about it."""
_FROM: Final[Mapping[str, str]] = {
    "~": "founders only",
    "&": "admins and up",
    "@": "operators and up",
    "%": "half-operators and up",
    "+": "members with a rank",
}

_RANK_NAMES: Final[Mapping[str, str]] = {
    "~": "founder",
    "&": "admin",
    "@": "operator",
    "%": "half-operator",
    "+": "speaker",
}


def local_time(ms: int) -> str:
    """Hours and minutes on this computer's clock; the date, too, unless that is today."""
    then = time.localtime(ms / 1000)
    today = time.localtime()[:3] == then[:3]
    return time.strftime("%H:%M" if today else "%Y-%m-%d %H:%M", then)


def exact_time(ms: int) -> str:
    """Date and time on this computer's clock."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(ms / 1000))


def describe(event: Event, clock: Callable[[int], str] = local_time) -> list[str]:
    """Return the lines that tell an event; none for those that a person need not know."""
    match event:
        case Message():
            return _message(event, clock(event.time))
        case MessageRefused():
            return [f'* Not sent to {event.target}: {event.reason} ("{event.text}")']
        case Joined() | Left() | Quit() | NickChanged():
            return [f"* {_moved(event)}"]
        case Renamed() | Invited() | Announced() | Silences() | Silenced():
            return [f"* {_happened(event)}"]
        case Redacted() | Reacted() | Pinned():
            return [f"* {_about(event)}"]
        case ModesChanged():
            return [f"* {line}" for line in changes_in_words(event)]
        case Topic():
            return [f"* {_topic(event)}"]
        case Person():
            return [f"* {_person(event)}"]
        case Names():
            names = (
                f" ({len(event.nicks)}): {', '.join(event.nicks)}" if event.nicks else ": nobody that you see"
            )
            return [f"* In {event.channel}{names}"]
        case ServerText():
            return [f"* {event.text}"]
        case Failed():
            return [f"* Refused: {event.reason}"]
        case Answered():
            lost = event.refused is not None and event.refused.code == "CONNECTION_LOST"
            return [f"* No answer: {event.refused}"] if lost else []
        case Welcome() | Disconnected() | CatchingUp() | Gap() | Missed():
            return _connection(event, clock)
        case Enrolled() | NotEnrolled():
            return [f"* {_enrolled(event)}"]
        case Certified() | Said() | MessageTaken() | Ready() | Ended() | Typing() | ReadUpTo():
            return []
        case Pin():
            return [f"* {event.channel}: {event.text}"]
        case Listed() | Whois() | Value() | Tagged() | Talked() | AwayChanged():  # for programs
            return []
        case _:
            assert_never(event)


def _person(person: Person) -> str:
    ranks = (_RANK_NAMES[sign] for sign in person.ranks if sign in _RANK_NAMES)
    what = (
        *ranks,
        *(("operator of the server",) if person.operator else ()),
        *(("a bot",) if person.bot else ()),
    )
    name = f" ({person.name})" if person.name and person.name != person.nick else ""
    roles = f", {', '.join(what)}" if what else ""
    return f"{person.nick}{name} is {'away' if person.away else 'here'}{roles}"


def _enrolled(event: Enrolled | NotEnrolled) -> str:
    if isinstance(event, Enrolled):
        until = time.strftime("%Y-%m-%d", time.localtime(event.until / 1000))
        return (
            f"From now on this computer logs in without your password: it is the device {event.name}. "
            f"That ends on {until} if it is not used until then."
        )
    if isinstance(event.reason, Refused) and event.reason.code == "CODE_REQUIRED":
        return (
            "Your account has a second factor: /device yes CODE, with the code that your authenticator shows."
        )
    return f"This computer has no key of its own: {event.reason}"


def _connection(
    event: Welcome | Disconnected | CatchingUp | Gap | Missed, clock: Callable[[int], str]
) -> list[str]:
    match event:
        case Welcome():
            return _welcome(event)
        case Disconnected():
            return [_disconnected(event)]
        case CatchingUp(since):
            return [f"* Since {clock(since)}:" if since else "* While you were away:"]
        case Gap(target, reason):
            where = f" in {target}" if target else ""
            return [f"* Not everything that was said meanwhile{where} is shown here: {reason}."]
        case Missed():
            return [f"* {count(event.count, 'event')} {'was' if event.count == 1 else 'were'} missed here."]


def _message(message: Message, at: str) -> list[str]:
    first, *more = message.text.split("\n")
    where, sender, about = _where(message), message.sender, ""
    if message.edits:
        about = f"(edited{_was(message.quoted)}) "
    elif message.answers:
        about = f"(to {message.quoted.sender}: {_quote(message.quoted)}) " if message.quoted else ""
    if message.imported:
        about = f"(imported) {about}"
    match message.kind:
        case Kind.TEXT:
            spoken = f"{where} {sender}: {about}{first}"
        case Kind.ACTION:
            spoken = f"{where} * {sender} {about}{first}"
        case Kind.NOTICE:
            spoken = f"{where} -{sender}- {about}{first}"
    return [f"{at} {spoken}", *(f"{' ' * len(at)} {line}" for line in more)]


def _where(message: Message) -> str:
    target = message.target
    if is_channel(target):
        return target
    if is_channel(target.lstrip("".join(_FROM))):
        return f"{target.lstrip(''.join(_FROM))} (to {_FROM[target[0]]})"
    return f"(private to {target})" if message.own else "(private)"


def _was(spoken: Spoken | None) -> str:
    return f", it was {_quote(spoken)}" if spoken else ""


def _quote(spoken: Spoken) -> str:
    text = " ".join(spoken.text.split("\n"))
    return f'"{text[:_QUOTED]}…"' if len(text) > _QUOTED else f'"{text}"'


def _what(spoken: Spoken | None, own: str = "") -> str:
    """Name the message that something happens to; `own` is whose it is when that need not be said."""
    if spoken is None or not spoken.sender:
        return "an earlier message"
    return _quote(spoken) if spoken.sender == own else f"{spoken.sender}'s {_quote(spoken)}"


def _about(event: Redacted | Reacted | Pinned) -> str:
    match event:
        case Redacted(target, by, _, reason, own, spoken):
            where = f" in {target}" if is_channel(target) else ""
            who = "You have" if own else f"{by} has"
            return f"{who} taken back {_what(spoken, by)}{where}{_because(reason)}"
        case Reacted(target, sender, reaction, _, own, removed, spoken):
            where = f" in {target}" if is_channel(target) else ""
            who = "You" if own else sender
            s = "" if own else "s"
            done = f"take{s} back the reaction {reaction}" if removed else f"react{s} with {reaction}"
            return f"{who} {done} to {_what(spoken)}{where}"
        case Pinned(channel, by, _, removed, spoken):
            return f"{by} has {'unpinned' if removed else 'pinned'} {_what(spoken)} in {channel}"


def _happened(event: Renamed | Invited | Announced | Silences | Silenced) -> str:
    match event:
        case Renamed(old, new, by, reason):
            return f"{by} has renamed {old} to {new}{_because(reason)}"
        case Invited(channel, nick, by, own):
            return f"{by} invites you: /join {channel}" if own else f"{by} invites {nick} to {channel}"
        case Announced(sender, text):
            return f"{sender} to everybody: {text}"
        case Silences(names):
            return f"You ignore {', '.join(names) or 'nobody'}"
        case Silenced(name, added):
            return f"You ignore {name} {'now, on all your devices' if added else 'no more'}"


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
        if not topic.text:
            return f"{topic.by} has removed the topic of {topic.channel}"
        return f"{topic.by} has set the topic of {topic.channel}: {topic.text}"
    return f"Topic of {topic.channel}: {topic.text}" if topic.text else f"{topic.channel} has no topic"


def _welcome(event: Welcome) -> list[str]:
    if event.again:
        return ["* Connected again."]
    lines = [f"* Connected to {event.server} as {event.nick}."]
    if not event.durable:
        lines.append("* This server does not promise that the messages that it confirms are on its disk.")
    return lines


def _disconnected(event: Disconnected) -> str:
    waiting = f" {count(event.waiting, 'message')} not confirmed yet." if event.waiting else ""
    return f"* The connection is lost: {event.reason}. Trying again.{waiting}"
