"""Who is there: the rows of WHO."""

from securechat.client.events import Person
from securechat.client.incoming.messages import Line
from securechat.client.state import State

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
