"""Whom the account ignores (SILENCE)."""

from typing import Final

from securechat.client.events import Silenced, Silences
from securechat.client.protocol.incoming.messages import Line, nick_of
from securechat.client.protocol.state import State

_ACCOUNT: Final = "$a:"
_MOST: Final = 1000
"""Names of one list that are kept: more than a server has."""


def changed(state: State, line: Line) -> None:
    """SILENCE <+mask | -mask>"""
    mask = line.params[0] if line.params else ""
    asked = "label" in line.tags or "batch" in line.tags
    if state.is_me(nick_of(line)) and mask[:1] in ("+", "-") and not asked:
        state.emit(Silenced(mask[1:].removeprefix(_ACCOUNT), mask[0] == "+"))


def listed(state: State, line: Line) -> None:
    """271 <me> [<nick>] <mask>"""
    if len(line.params) > 1 and len(state.silences) < _MOST:
        state.silences.append(line.params[-1].removeprefix(_ACCOUNT))


def complete(state: State, line: Line) -> None:
    """272 <me> [<nick>] :End of SILENCE list"""
    names, state.silences = tuple(state.silences), []
    state.emit(Silences(names, state.asked(line)))
