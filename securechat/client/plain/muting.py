"""Conversations that call nobody: the same as in the app.

A server of our kind keeps for the account what is muted, and tells every device; for others it lies on the
desk of this computer.
"""

from collections.abc import Callable
from typing import Final

from securechat.client.events import Event, Ready, Value, Welcome
from securechat.client.kept.desk import DeskFile
from securechat.client.network.connection import Command
from securechat.client.protocol.registration import DURABLE
from securechat.irc.names import fold

_KEY: Final = "soju.im/muted"
_LABEL: Final = "muted"


class Muting:
    """What is muted; without a `file` only for this run. `submit` has a function of the session called."""

    def __init__(self, submit: Callable[[Command], None], file: DeskFile | None = None) -> None:
        self._submit = submit
        self._file = file
        self._muted = {fold(name) for name in file.load().muted} if file is not None else set[str]()
        self._on_server = False

    def is_muted(self, name: str) -> bool:
        """Whether a conversation calls nobody."""
        return fold(name) in self._muted

    def take_note(self, event: Event) -> None:
        """Take what has happened into account: the server tells what it keeps, and whenever that changes."""
        match event:
            case Welcome(granted=granted):
                self._on_server = DURABLE in granted
            case Ready() if self._on_server:
                self._ask("*", "SUB", _KEY)
            case Value(target, key, value) if key == _KEY:
                (self._muted.add if value == "1" else self._muted.discard)(fold(target))
            case _:
                pass

    def turn(self, name: str) -> bool:
        """Mute a conversation, or no longer; return whether it is muted now.

        Raises OSError when it cannot be kept here: it holds for this run then.
        """
        muted = not self.is_muted(name)
        (self._muted.add if muted else self._muted.discard)(fold(name))
        if self._on_server:
            self._ask(name, "SET", _KEY, *(("1",) if muted else ()))
        if self._file is not None:
            desk = self._file.load()  # the app may have written it meanwhile
            desk.muted = [kept for kept in desk.muted if fold(kept) != fold(name)] + [name] * muted
            self._file.save(desk)
        return muted

    def _ask(self, *params: str) -> None:
        self._submit(lambda session: session.request("METADATA", *params, label=_LABEL))
