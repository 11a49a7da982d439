"""Who is where, and what becomes of channels."""

from typing import Final

from securechat.client.events import (
    Invited,
    Joined,
    Left,
    ModesChanged,
    Names,
    NickChanged,
    Quit,
    Renamed,
    ServerText,
    Topic,
)
from securechat.client.protocol.incoming.messages import Line, last, nick_of
from securechat.client.protocol.state import State
from securechat.irc.names import is_channel

_PREFIXES: Final = "~&@%+"
_ALWAYS_WITH_ARGUMENT: Final = "qaohvbeIk"
_WITH_ARGUMENT_WHEN_SET: Final = "lfW"


def join(state: State, line: Line) -> None:
    """JOIN <channel>"""
    if not line.params:
        return
    nick, name = nick_of(line), line.params[0]
    own = state.is_me(nick)
    if own:
        known = state.roster.get(name)
        if known is not None and known.restored:
            return  # after a reconnection: one was there before; NAMES ends the restoration
        state.roster.enter(name)
    state.roster.add(name, nick)
    state.emit(Joined(name, nick, own))


def part(state: State, line: Line) -> None:
    """PART <channel> [:<reason>]"""
    if line.params:
        _leave(state, line.params[0], nick_of(line), last(line, 1), "")


def kick(state: State, line: Line) -> None:
    """KICK <channel> <nick> [:<reason>]"""
    if len(line.params) > 1:
        _leave(state, line.params[0], line.params[1], last(line, 2), nick_of(line))


def _leave(state: State, channel: str, nick: str, reason: str, by: str) -> None:
    own = state.is_me(nick)
    if own:
        state.left(channel)
    else:
        state.roster.remove(channel, nick)
    state.emit(Left(channel, nick, reason, own, by))


def quit(state: State, line: Line) -> None:
    """QUIT [:<reason>]"""
    nick = nick_of(line)
    if not state.is_me(nick):
        channels = state.roster.remove_everywhere(nick)
        state.emit(Quit(nick, last(line, 0), channels))


def nick(state: State, line: Line) -> None:
    """NICK <nick>"""
    if line.params:
        old, new = nick_of(line), line.params[0]
        own = state.is_me(old)
        state.roster.rename(old, new)
        if own:
            state.nick = new
        state.emit(NickChanged(old, new, own))


def names_reply(state: State, line: Line) -> None:
    """353 <me> <symbol> <channel> :<prefixed nicks>"""
    if len(line.params) > 3:
        nicks = [nick.lstrip(_PREFIXES) for nick in line.params[3].split(" ")]
        state.roster.listed(line.params[2], [nick for nick in nicks if nick])


def names_end(state: State, line: Line) -> None:
    """366 <me> <channel> :End of NAMES list"""
    if len(line.params) < 2:
        return
    name = line.params[1]
    nicks = state.roster.list_complete(name)
    channel = state.roster.get(name)
    if channel is not None and channel.restored:
        channel.restored = False
    else:
        state.emit(Names(channel.name if channel else name, nicks, state.asked(line)))


def topic_changed(state: State, line: Line) -> None:
    """TOPIC <channel> :<topic>"""
    if line.params:
        _topic(state, line, line.params[0], last(line, 1), nick_of(line))


def topic_is(state: State, line: Line) -> None:
    """332 <me> <channel> :<topic>"""
    if len(line.params) > 2:
        _topic(state, line, line.params[1], line.params[2], "")


def topic_is_none(state: State, line: Line) -> None:
    """331 <me> <channel> :No topic is set"""
    if len(line.params) > 1:
        _topic(state, line, line.params[1], "", "")


def _topic(state: State, line: Line, name: str, text: str, by: str) -> None:
    channel = state.roster.get(name)
    known = channel is not None and channel.restored and channel.topic == text
    if channel is not None:
        channel.topic = text
    if not known:
        state.emit(Topic(name, text, by, state.asked(line)))


def rename(state: State, line: Line) -> None:
    """RENAME <old> <new> [:<reason>]"""
    if len(line.params) > 1:
        old, new = line.params[:2]
        state.renamed(old, new)
        state.emit(Renamed(old, new, nick_of(line), last(line, 2)))


def invite(state: State, line: Line) -> None:
    """INVITE <nick> <channel>"""
    if len(line.params) > 1:
        nick, channel = line.params[:2]
        state.emit(Invited(channel, nick, nick_of(line), state.is_me(nick)))


def invited(state: State, line: Line) -> None:
    """341 <me> <nick> <channel>"""
    if len(line.params) > 2:
        state.emit(Invited(line.params[2], line.params[1], state.nick, own=False))


def modes_are(state: State, line: Line) -> None:
    """324 <me> <channel> <modes> [<argument>…]"""
    if len(line.params) > 2:
        state.emit(ServerText(f"{line.params[1]} has the modes {' '.join(line.params[2:])}"))


def mode(state: State, line: Line) -> None:
    """MODE <channel | nick> <changes> [<argument>…]"""
    if len(line.params) < 2:
        return
    target, letters, *arguments = line.params
    changes, added = [], True
    for letter in letters:
        if letter in "+-":
            added = letter == "+"
            continue
        takes = _ALWAYS_WITH_ARGUMENT + (_WITH_ARGUMENT_WHEN_SET if added else "")
        has = is_channel(target) and letter in takes and arguments
        changes.append((added, letter, arguments.pop(0) if has else ""))
    if changes:
        state.emit(ModesChanged(target, nick_of(line), tuple(changes), state.is_me(target)))
