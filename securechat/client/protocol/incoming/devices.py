"""What the server says of the device that this computer is, or is going to be (DEVICE)."""

from typing import Final

from securechat.client.device_events import Certified
from securechat.client.protocol.incoming.messages import Line
from securechat.client.protocol.state import State
from securechat.irc.sasl import Assembler, SaslError
from securechat.irc.timestamp import parse

_CERTIFICATE: Final = "CERTIFICATE"
_UNTIL: Final = "UNTIL"


def changed(state: State, line: Line) -> None:
    """DEVICE CERTIFICATE <name> <base64>, in pieces, and DEVICE UNTIL <name> <time>"""
    match line.params:
        case [kind, _, piece] if kind == _CERTIFICATE:
            _piece(state, piece)
        case [kind, name, time] if kind == _UNTIL:
            try:
                until = parse(time)
            except ValueError:
                return
            certificate, state.certificate = state.certificate, b""
            state.emit(Certified(name, certificate, until))
        case _:
            pass


def _piece(state: State, piece: str) -> None:
    if state.pieces is None:
        state.pieces, state.certificate = Assembler(), b""
    try:
        whole = state.pieces.feed(piece)
    except SaslError:  # no certificate: nobody waits for the rest of it
        state.pieces = None
        return
    if whole is not None:
        state.certificate, state.pieces = whole, None
