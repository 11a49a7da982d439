"""How a run of the plain client ended."""

from dataclasses import dataclass, field

from securechat.client.errors import ClientError


@dataclass(frozen=True, slots=True)
class Result:
    """How a run ended: `error` ended it; messages not confirmed; lines refused; the reason for the others.

    `came_in` says whether there was a login.
    """

    error: ClientError | None
    unconfirmed: int
    refused: int
    interrupted: bool
    goodbye: str
    came_in: bool = field(default=False, compare=False)
