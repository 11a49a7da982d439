"""The errors between this client and a server. Every text is for the person who runs the program."""


class ClientError(Exception):
    """The base of what this package raises."""


class InvalidAddress(ClientError):
    """A text is not HOST, HOST:PORT or [IPv6]:PORT."""


class InvalidInvitation(ClientError):
    """A text is not the link of an invitation."""


class InvalidProfile(ClientError):
    """A profile is not there, or the file of the profiles has something that cannot be meant."""


class Unreachable(ClientError):
    """No connection: the name does not resolve, nobody answers, or TLS cannot be spoken with who does."""


class TrustError(ClientError):
    """The server did not prove that it is the one that is meant. Nothing secret was sent to it."""


class LoginFailed(ClientError):
    """The server does not let this account in; `temporary` when the same login may work later."""

    def __init__(self, text: str, *, temporary: bool = False) -> None:
        super().__init__(text)
        self.temporary = temporary


class DeviceRefused(LoginFailed):
    """The server does not let this computer in by its key: only the password is left."""


class PasswordDue(LoginFailed):
    """The password was right, and the server wants a new one before anything else."""


class Unsuitable(ClientError):
    """The server lacks something without which a message could be lost or doubled unseen."""


class CredentialError(ClientError):
    """The password could not be had from where it was to come from."""


class NoTerminal(CredentialError):
    """There is nobody to ask for the password, and no other place for it was named."""


class Refused(ClientError):
    """The server refused a command or message: nothing of it happened. `code` is for programs."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class OutcomeUnknown(ClientError):
    """No answer came in time: the command may or may not have been done."""


class Closed(ClientError):
    """The connection was closed by this side, so nothing more can be asked of it."""
