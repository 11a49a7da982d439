"""Operations on channels, and what their operators can do."""

from securechat.client.api.asking import ask, ask_session, name_of, text_of
from securechat.client.api.calls import Operation
from securechat.client.events import Listed, Names, Pin, Topic
from securechat.client.protocol.sendable import check_text, sendable


def join(channel: str, key: str = "") -> Operation[None]:
    """Enter a channel, also after every lost connection. Raises Refused, OutcomeUnknown."""
    name_of(channel)
    keys = name_of(key) if key else ""
    yield from ask_session(lambda session, label: session.join(channel, label, keys), again=True)


def part(channel: str, reason: str = "") -> Operation[None]:
    """Leave a channel. Raises Refused, OutcomeUnknown."""
    name_of(channel)
    wanted = "".join(text_of(reason))
    yield from ask_session(lambda session, label: session.part(channel, wanted, label))


def topic(channel: str) -> Operation[str]:
    """Return a channel's topic, "" when it has none. Raises Refused, OutcomeUnknown."""
    answer = yield from ask("TOPIC", name_of(channel), again=True)
    return next((row.text for row in answer.rows if isinstance(row, Topic)), "")


def set_topic(channel: str, text: str) -> Operation[None]:
    """Set a channel's topic. Raises Refused, OutcomeUnknown."""
    yield from ask("TOPIC", name_of(channel), sendable(check_text(text)))


def names(channel: str) -> Operation[tuple[str, ...]]:
    """Return the nicks of who is in a channel and online. Raises Refused, OutcomeUnknown."""
    answer = yield from ask("NAMES", name_of(channel), again=True)
    return next((row.nicks for row in answer.rows if isinstance(row, Names)), ())


def channels(mask: str = "") -> Operation[list[Listed]]:
    """Return the channels that one may see, of which the names match a mask such as `*ops*`. Raises Refused,
    OutcomeUnknown.
    """
    answer = yield from ask("LIST", *((name_of(mask),) if mask else ()), again=True)
    return [row for row in answer.rows if isinstance(row, Listed)]


def pins(channel: str) -> Operation[list[Pin]]:
    """Return the messages that are pinned in a channel. Raises Refused, OutcomeUnknown."""
    answer = yield from ask("PINS", name_of(channel), again=True)
    return [row for row in answer.rows if isinstance(row, Pin)]


def invite(name: str, channel: str) -> Operation[None]:
    """Invite somebody to a channel. Raises Refused, OutcomeUnknown."""
    yield from ask("INVITE", name_of(name), name_of(channel))


def kick(channel: str, name: str, reason: str = "") -> Operation[None]:
    """Put somebody out of a channel. Raises Refused, OutcomeUnknown."""
    yield from ask("KICK", name_of(channel), name_of(name), *text_of(reason))


def mode(channel: str, changes: str, *arguments: str) -> Operation[None]:
    """Change a channel's modes: `mode("#ops", "+o", "alice")`. Raises Refused, OutcomeUnknown."""
    yield from ask("MODE", name_of(channel), name_of(changes), *map(name_of, arguments))


def ban(channel: str, mask: str) -> Operation[None]:
    """Keep people out of a channel: `bob!*@*`, `*!*@*.example.org`. Raises Refused, OutcomeUnknown."""
    yield from mode(channel, "+b", mask)


def unban(channel: str, mask: str) -> Operation[None]:
    """Take a ban away. Raises Refused, OutcomeUnknown."""
    yield from mode(channel, "-b", mask)
