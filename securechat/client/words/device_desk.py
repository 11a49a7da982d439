"""What a person says and is told about this computer as a device, in any front end."""

from collections.abc import Callable
from typing import Final, Protocol

from securechat.client.errors import CredentialError
from securechat.client.network.connection import Command
from securechat.client.network.enrolment import Enrolment

OFFER: Final = (
    "* This computer can log in without your password from now on: /device yes",
    "  (/device no, and you are not asked again)",
)


class Told(Protocol):
    """Shows lines."""

    def tell(self, *lines: str) -> None:
        """Show lines to the person."""

    def refuse(self, line: str) -> None:
        """Show why what was entered was not done."""


class DeviceDesk:
    """The front end's half of an enrolment; without one, there is no place to keep a key in."""

    def __init__(self, told: Told, enrolment: Enrolment | None, submit: Callable[[Command], None]) -> None:
        self._told = told
        self._enrolment = enrolment
        self._submit = submit

    def offer(self) -> None:
        """The first login is done: offer it, or begin with it, if that is wanted."""
        if self._enrolment is None:
            return
        if self._enrolment.wanted:
            self.enrol("")
        elif self._enrolment.offered:
            self._told.tell(*OFFER)

    def enrol(self, code: str) -> None:
        """Let this computer log in with a key of its own from now on."""
        enrolment = self._enrolment
        if enrolment is None:
            self._told.refuse("* There is no place here to keep a key in.")
        else:
            self._submit(lambda session: enrolment.begin(session, code))

    def decline(self) -> None:
        """Do not offer it again."""
        device = self._device()
        if device:
            self._told.refuse(
                f"* This computer is the device {device}: /msg securechat devices revoke {device}"
            )
            return
        try:
            if self._enrolment is not None:
                self._enrolment.decline()
        except CredentialError as error:
            self._told.refuse(f"* {error}.")
        else:
            self._told.tell("* You are not asked again. With /device yes you can still do it.")

    def show(self) -> None:
        """Show how this computer logs in."""
        device = self._device()
        self._told.tell(*((f"* This computer logs in as the device {device}.",) if device else OFFER))

    def _device(self) -> str:
        kept = self._enrolment.kept if self._enrolment is not None else None
        return kept.device if kept is not None else ""
