"""Who is there, who somebody is, and which channels there are: the answers to WHO, WHOIS, LIST and METADATA.

WHOIS comes as one line for each thing that is said of somebody: `State.whois` is what was said so far.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from securechat.client.events import AwayChanged, Listed, Person, ServerText, Value, Whois
from securechat.client.protocol.incoming.messages import Line, last, nick_of
from securechat.client.protocol.state import State
from securechat.irc.text import count

_RANKS = "~&@%+"


def who_reply(state: State, line: Line) -> None:
    """352 <me> <channel> <user> <host> <server> <nick> <flags> :<hops> <real name>"""
    if len(line.params) < 8:
        return
    _, channel, user, _, _, nick, flags, rest = line.params[:8]
    person = Person(
        nick=nick,
        account=user,
        channel=channel,
        ranks="".join(sign for sign in flags if sign in _RANKS),
        name=rest.partition(" ")[2],
        away=flags.startswith("G"),
        operator="*" in flags,
        bot="B" in flags,
        asked=state.asked(line),
    )
    state.emit(person)


def _says(
    words: str, learn: Callable[[Whois, tuple[str, ...]], Whois] | None = None
) -> Callable[[State, Line], None]:
    """Tell a numeric in words: `words` has its parameters after one's own nick, {0} is the first.

    `learn` adds to what is known of whom WHOIS is about.
    """
    needed = max(int(number) for number in re.findall(r"{([0-9])}", words)) + 1

    def told(state: State, line: Line) -> None:
        if len(line.params) > needed:
            state.emit(ServerText(words.format(*line.params[1:])))
            if learn is not None:
                _learn(state, line, learn)

    return told


def _learn(state: State, line: Line, learn: Callable[[Whois, tuple[str, ...]], Whois]) -> None:
    """Add to what WHOIS has said so far of the person that this line is about."""
    nick = line.params[1]
    known = state.whois if state.whois is not None and state.whois.nick == nick else Whois(nick)
    state.whois = learn(known, line.params[2:])


def whois_end(state: State, line: Line) -> None:
    """318 <me> <nick> :End of WHOIS"""
    known, state.whois = state.whois, None
    if known is not None:
        state.emit(replace(known, asked=state.asked(line)))


def away(state: State, line: Line) -> None:
    """301 <me> <nick> :<message>"""
    if len(line.params) > 2:
        state.emit(ServerText(f"{line.params[1]} is not here: {line.params[2]}"))
        if state.whois is not None:
            _learn(state, line, lambda known, params: replace(known, away=params[0]))


def idle(state: State, line: Line) -> None:
    """317 <me> <nick> <seconds> [<sign-on>] :<text>"""
    seconds = line.params[2] if len(line.params) > 2 else ""
    if seconds.isascii() and seconds.isdigit():
        passed = int(seconds[:9])
        how_long = (
            f"has said nothing for {count(passed // 60, 'minute')}" if passed > 59 else "was active just now"
        )
        state.emit(ServerText(f"{line.params[1]} {how_long}"))
        _learn(state, line, lambda known, params: replace(known, idle=passed))


def list_row(state: State, line: Line) -> None:
    """322 <me> <channel> <people> :<topic>"""
    if len(line.params) > 3:
        _, channel, people, topic = line.params[:4]
        number = int(people[:9]) if people.isascii() and people.isdigit() else 0
        about = f": {topic}" if topic else ""
        state.emit(ServerText(f"{channel}, {count(number, 'member')}{about}"))
        state.emit(Listed(channel, number, topic, state.asked(line)))


def value(state: State, line: Line) -> None:
    """761 <me> <target> <key> <visibility> :<value>"""
    if len(line.params) > 4:
        _, target, key, _, text = line.params[:5]
        state.emit(Value(target, key, text, state.asked(line)))


def value_is_none(state: State, line: Line) -> None:
    """766 <me> <target> <key> :<text>"""
    if len(line.params) > 3:
        state.emit(Value(line.params[1], line.params[2], "", state.asked(line)))


def value_changed(state: State, line: Line) -> None:
    """METADATA <target> <key> <visibility> [:<value>]"""
    if len(line.params) > 2:
        state.emit(Value(line.params[0], line.params[1], last(line, 3), state.asked(line)))


def away_changed(state: State, line: Line) -> None:
    """AWAY [:<text>]"""
    state.emit(AwayChanged(nick_of(line), last(line, 0)))


def whois_value(state: State, line: Line) -> None:
    """760 <me> <target> <key> <visibility> :<value>"""
    if len(line.params) > 4:
        _, target, key, _, text = line.params[:5]
        state.emit(ServerText(f"{target} says of {key}: {text}"))


def _channels(known: Whois, params: tuple[str, ...]) -> Whois:
    names = (name.lstrip(_RANKS) for name in params[0].split(" "))
    return replace(known, channels=(*known.channels, *filter(None, names)))


IN_WORDS: Final = {
    "301": away,
    "311": _says("{0} ({4}) has the account {1}", lambda known, params: replace(known, name=params[3])),
    "313": _says("{0} is an operator of the server", lambda known, _: replace(known, operator=True)),
    "314": _says("{0} ({4}) was here"),
    "317": idle,
    "318": whois_end,
    "319": _says("{0} is in {1}", _channels),
    "322": list_row,
    "330": _says("{0} is logged in as {1}", lambda known, params: replace(known, account=params[0])),
    "335": _says("{0} is a bot", lambda known, _: replace(known, bot=True)),
    "671": _says("{0} is connected by TLS"),
    "760": whois_value,
    "761": value,
    "766": value_is_none,
}
