"""Facts about the second factors of accounts."""

from dataclasses import dataclass

from securechat.chat.records.stored import Authenticator


@dataclass(frozen=True, slots=True)
class AuthenticatorSet:
    """An account has this authenticator from now on, with what is used up of it; None is none.

    `previous` is what there was.
    """

    account: int
    authenticator: Authenticator | None
    previous: Authenticator | None
