"""What happens to the device that this computer is for an account, as values. Times are as in `events`."""

from dataclasses import dataclass

from securechat.client.errors import ClientError


@dataclass(frozen=True, slots=True)
class Certified:
    """The server lets the device `name` in until a time; `certificate` (DER) is b"" when it had one."""

    name: str
    certificate: bytes
    until: int


@dataclass(frozen=True, slots=True)
class Enrolled:
    """This computer logs in with a key of its own from now on, as the device `name`, until a time."""

    name: str
    until: int


@dataclass(frozen=True, slots=True)
class NotEnrolled:
    """This computer did not get a key of its own."""

    reason: ClientError
