"""Who is there: the rows of WHO."""

import re
from collections.abc import Callable
from typing import Final

from securechat.client.events import Person, ServerText
from securechat.client.protocol.incoming.messages import Line
from securechat.client.protocol.state import State
from securechat.irc.text import count

_RANKS = "~&@%+"


def who_reply(state: State, line: Line) -> None:
    """352 <me> <channel> <user> <host> <server> <nick> <flags> :<hops> <real name>"""
    if len(line.params) < 8:
        return
    _, channel, user, _, _, nick, flags, rest = line.params[:8]
    request = state.labels.request_of(line)
    person = Person(
        nick=nick,
        account=user,
        channel=channel,
        ranks="".join(sign for sign in flags if sign in _RANKS),
        name=rest.partition(" ")[2],
        away=flags.startswith("G"),
        operator="*" in flags,
        bot="B" in flags,
        asked=request.label if request is not None else "",
    )
    state.emit(person)


def _says(words: str) -> Callable[[State, Line], None]:
    """Tell a numeric in words: `words` has its parameters after one's own nick, {0} is the first."""
    needed = max(int(number) for number in re.findall(r"{([0-9])}", words)) + 1

    def told(state: State, line: Line) -> None:
        if len(line.params) > needed:
            state.emit(ServerText(words.format(*line.params[1:])))

    return told


def idle(state: State, line: Line) -> None:
    """317 <me> <nick> <seconds> [<sign-on>] :<text>"""
    seconds = line.params[2] if len(line.params) > 2 else ""
    if seconds.isascii() and seconds.isdigit():
        minutes = int(seconds[:9]) // 60
        how_long = f"has said nothing for {count(minutes, 'minute')}" if minutes else "was active just now"
        state.emit(ServerText(f"{line.params[1]} {how_long}"))


def list_row(state: State, line: Line) -> None:
    """322 <me> <channel> <people> :<topic>"""
    if len(line.params) > 3:
        _, channel, people, topic = line.params[:4]
        number = int(people[:9]) if people.isascii() and people.isdigit() else 0
        about = f": {topic}" if topic else ""
        state.emit(ServerText(f"{channel}, {count(number, 'member')}{about}"))


IN_WORDS: Final = {
    "311": _says("{0} ({4}) has the account {1}"),
    "313": _says("{0} is an operator of the server"),
    "314": _says("{0} ({4}) was here"),
    "317": idle,
    "319": _says("{0} is in {1}"),
    "322": list_row,
    "330": _says("{0} is logged in as {1}"),
    "335": _says("{0} is a bot"),
    "671": _says("{0} is connected by TLS"),
}
