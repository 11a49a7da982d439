"""What a session is shown of a channel: its topic, and the members who are online."""

from collections.abc import Generator, Iterator

from securechat.chat.line import Line, packed_slowly
from securechat.chat.lines import metadata
from securechat.chat.state.account import Account
from securechat.chat.state.channel import Channel
from securechat.chat.state.registry import Registry
from securechat.chat.state.roster import FORMS, STEP, cut, nicks, word
from securechat.chat.state.session import Session, User
from securechat.chat.state.visibility import is_listed
from securechat.irc import capabilities as cap
from securechat.irc import numerics as num
from securechat.irc.text import body_room
from securechat.irc.timestamp import format_ms


def after_join(registry: Registry, session: Session, channel: Channel, at: int) -> Iterator[Line | None]:
    """What follows the session's JOIN; without the names for a client that asked not to get them."""
    assert session.user is not None
    yield from topic(registry, session, channel, at)
    yield marker_line(registry, session.user.account, channel.id, channel.name, at)
    if not session.has(cap.NO_IMPLICIT_NAMES):
        yield from names(registry, session, channel, at)
    yield from metadata.sync_later(registry, session, channel, at)


def marker_line(registry: Registry, account: Account, target: int, name: str, at: int) -> Line:
    """The line that says how far an account has read a target."""
    upto = registry.markers.get(account.id, {}).get(target)
    shown = "*" if upto is None else f"timestamp={format_ms(upto)}"
    return Line(registry.server_name, "MARKREAD", (name, shown), None, at, needs=cap.READ_MARKER)


def topic(registry: Registry, session: Session, channel: Channel, at: int) -> Iterator[Line]:
    """The topic with its author and time; no line when the channel has no topic."""
    if channel.topic.text:
        assert session.user is not None
        server, nick = registry.server_name, session.user.nick
        yield Line(server, num.RPL_TOPIC, (nick, channel.name), channel.topic.text, at)
        set_at = str(channel.topic.at // 1000)
        yield Line(server, num.RPL_TOPICWHOTIME, (nick, channel.name, channel.topic.setter, set_at), None, at)


def present(registry: Registry, channel: Channel, listed: set[int]) -> Iterator[User]:
    """The members who are online, but for those who are `listed`, as long as it takes.

    Members who go meanwhile are left out, those who come are not.
    """
    while more := [user for user in registry.online(channel) if user.id not in listed]:
        for user in more:
            listed.add(user.id)
            if user.sessions and user.id in channel.members:
                yield user


def names(registry: Registry, session: Session, channel: Channel, at: int) -> Iterator[Line | None]:
    """The members who are online and whom the session's user may see, as many on a line as fit.

    There is a `None` for each of the others, and wherever it can be interrupted.
    """
    assert session.user is not None
    server, viewer = registry.server_name, session.user
    params = (viewer.nick, symbol(channel), channel.name)
    room = body_room(server, num.RPL_NAMREPLY, *params)
    form = session.caps & FORMS
    inside = viewer.id in channel.members
    listed: set[int] | None = set()
    if inside and "u" not in channel.modes:
        empty = Line(server, num.RPL_NAMREPLY, params, "", at)
        listed = yield from _kept(registry, channel, form, empty, room)
    if listed is not None:
        shown = (
            word(user, channel.ranks(user.id), form)
            if channel.shows(user.id, viewer.id) and (inside or is_listed(registry, viewer, user))
            else None
            for user in present(registry, channel, listed)
        )
        for text in packed_slowly(shown, room):
            yield Line(server, num.RPL_NAMREPLY, params, text, at) if text is not None else None
    yield Line(server, num.RPL_ENDOFNAMES, (viewer.nick, channel.name), "End of NAMES list", at)


def _kept(
    registry: Registry, channel: Channel, form: int, line: Line, room: int
) -> Generator[Line | None, None, set[int] | None]:
    """The names for who sees everybody, as the channel keeps them; `line` is one without names.

    Returns None after the last of them. When they are forgotten meanwhile it returns the users that it has
    listed.
    """
    roster, forgotten, start = channel.roster, channel.roster.forgotten, 0
    text = roster.text(form)
    if text is None:
        yield from roster.write(form, lambda: registry.online(channel), channel.ranks)
        text = roster.text(form) or b""
    while start < len(text):
        end = cut(text, start, room)
        yield line._replace(text=text[start:end].decode())
        if roster.forgotten != forgotten:
            return (yield from _called(registry, text[:end]))
        if roster.size(form) != len(text):
            text = roster.text(form) or b""
        start = end + 1
    return None if roster.forgotten == forgotten else set()


def _called(registry: Registry, text: bytes) -> Generator[None, None, set[int]]:
    """Look up whose names these are; it takes longer than others may wait."""
    found: set[int] = set()
    for looked, nick in enumerate(nicks(text), 1):
        if (user := registry.user(nick)) is not None:
            found.add(user.id)
        if looked % STEP == 0:
            yield
    return found


def symbol(channel: Channel) -> str:
    """How RPL_NAMREPLY calls a channel: @ secret, * private, = public."""
    return "@" if "s" in channel.modes else "*" if "p" in channel.modes else "="
