"""What an administrator asks of the chat, and the answers.

The same values with a running server and without one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from securechat.chat.credential_requests import USUAL_DAYS as USUAL_DAYS
from securechat.chat.credential_requests import AddDevice as AddDevice
from securechat.chat.credential_requests import ListDevices as ListDevices
from securechat.chat.credential_requests import ListSecondFactors as ListSecondFactors
from securechat.chat.credential_requests import ResetSecondFactor as ResetSecondFactor
from securechat.chat.credential_requests import RevokeDevice as RevokeDevice
from securechat.chat.people import (
    AddAccounts,
    CheckNames,
    EndSessionsOf,
    RenameAccount,
    RequirePassword,
    SetRole,
)
from securechat.chat.sanctions import MODERATION, Moderation


@dataclass(frozen=True, slots=True)
class AddAccount:
    """Make an account. `phc` is the argon2id hash of its password; `role` is member, admin or bot.

    With `must_change` the first login can do nothing but set a password of its own.
    """

    name: str
    phc: str = field(repr=False)
    role: str = "member"
    must_change: bool = False


@dataclass(frozen=True, slots=True)
class SetPassword:
    """Replace the password's hash; the account's sessions end unless `keep_sessions`.

    With `must_change` the next login can do nothing but set another one.
    """

    name: str
    phc: str = field(repr=False)
    keep_sessions: bool = False
    must_change: bool = False


@dataclass(frozen=True, slots=True)
class RemoveAccount:
    """Remove credentials and memberships; the name stays reserved.

    `messages` is what becomes of what the account said: keep, anonymise, delete, or "" for what the
    configuration says. `channels` is what becomes of those that it founded: keep (or "") leaves them without
    a founder, drop ends them; or the account `heir` gets them. The last administrator stays unless `force`
    says that this is meant. With `check` nothing is done: the answer says whether it could be.
    """

    name: str
    messages: str = ""
    channels: str = ""
    heir: str = ""
    force: bool = False
    check: bool = False


@dataclass(frozen=True, slots=True)
class DisableAccount:
    """Refuse logins from now on and end the account's sessions.

    The last administrator is let in unless `force` says that this is meant.
    """

    name: str
    force: bool = False


@dataclass(frozen=True, slots=True)
class EnableAccount:
    """Allow logins again."""

    name: str


@dataclass(frozen=True, slots=True)
class ListAccounts:
    """List every account that has credentials."""


@dataclass(frozen=True, slots=True)
class ListAudit:
    """List the audit log after row `after`, as much of it as one answer may hold."""

    after: int = 0


@dataclass(frozen=True, slots=True)
class ListSessions:
    """List the sessions that are logged in, of one account or ("") of all."""

    name: str = ""


@dataclass(frozen=True, slots=True)
class EndSession:
    """End one session of an account, by the id that `ListSessions` gives."""

    name: str
    id: int


CHANNELS_AT_ONCE: Final = 25
"""Channels that one request changes: the chat waits for a disk meanwhile."""


@dataclass(frozen=True, slots=True)
class ListChannels:
    """List channels whose names fit a mask, after the one with the id `after`; as many as are looked at once.

    `founder` is the account that founded them; "" is anybody. `unused` are those that only their founder, or
    nobody, is in, where nothing was ever set or said.
    """

    pattern: str = "*"
    founder: str = ""
    after: int = 0
    unused: bool = False


@dataclass(frozen=True, slots=True)
class DropChannels:
    """Drop those of the named channels (with commas between) to which the same still applies as in a list."""

    channels: str
    founder: str = ""
    unused: bool = False


@dataclass(frozen=True, slots=True)
class SetFounder:
    """Give the named channels (with commas between) to an account, or ("") to nobody.

    Those that are not `previous`'s any more are left alone; "" is anybody.
    """

    channels: str
    founder: str = ""
    previous: str = ""


@dataclass(frozen=True, slots=True)
class SetRetention:
    """Let a channel keep its messages for so many days: 0 is for ever, -1 as long as the server says."""

    channel: str
    days: int = -1

    @property
    def name(self) -> str:
        """What it is about, for the audit log."""
        return self.channel


@dataclass(frozen=True, slots=True)
class AddInvitation:
    """Let `uses` accounts be made in the next `days`; `code` is the hash of the code."""

    code: str = field(repr=False)
    uses: int = 1
    days: int = 7

    @property
    def name(self) -> str:
        """What it is about, for the audit log: nobody in particular."""
        return "*"


@dataclass(frozen=True, slots=True)
class ListInvitations:
    """List the invitations."""


@dataclass(frozen=True, slots=True)
class RevokeInvitation:
    """Let nobody use an invitation any more; `id` is what `ListInvitations` calls it."""

    id: str

    @property
    def name(self) -> str:
        """What it is about, for the audit log."""
        return self.id.lower()


@dataclass(frozen=True, slots=True)
class NoteBackup:
    """Write down that a backup is about to be taken: `how` says what is in it and who can read it."""

    file: str
    how: str = ""

    @property
    def name(self) -> str:
        """What it is about, for the audit log."""
        return self.file


@dataclass(frozen=True, slots=True)
class NoteCertificate:
    """Write down that the server has a certificate for names, which commas separate; `how` says whose."""

    names: str
    how: str = ""

    @property
    def name(self) -> str:
        """What it is about, for the audit log."""
        return self.names


@dataclass(frozen=True, slots=True)
class NoteExport:
    """Write down that a channel, an account or ("*") everything is about to be exported into `file`."""

    name: str
    file: str


@dataclass(frozen=True, slots=True)
class NoteReload:
    """Write down that configuration and certificate were read again; `changes` says what came of it."""

    changes: str = ""

    @property
    def name(self) -> str:
        """What it is about, for the audit log."""
        return "configuration"


Note = NoteBackup | NoteCertificate | NoteExport | NoteReload
"""What changes nothing: it is asked for by the command that does it."""

Request = (
    AddAccount
    | AddAccounts
    | CheckNames
    | SetPassword
    | RequirePassword
    | RemoveAccount
    | DisableAccount
    | EnableAccount
    | RenameAccount
    | SetRole
    | ListAccounts
    | ListSessions
    | EndSession
    | EndSessionsOf
    | AddDevice
    | ListDevices
    | RevokeDevice
    | ListSecondFactors
    | ResetSecondFactor
    | AddInvitation
    | ListInvitations
    | RevokeInvitation
    | Moderation
    | ListAudit
    | ListChannels
    | DropChannels
    | SetFounder
    | Note
    | SetRetention
)

OPERATIONS: Final[Mapping[str, type[Request]]] = {
    "adduser": AddAccount,
    "add-accounts": AddAccounts,
    "check-names": CheckNames,
    "passwd": SetPassword,
    "must-change": RequirePassword,
    "deluser": RemoveAccount,
    "disable": DisableAccount,
    "enable": EnableAccount,
    "rename": RenameAccount,
    "role": SetRole,
    "users": ListAccounts,
    "sessions": ListSessions,
    "end-session": EndSession,
    "end-sessions": EndSessionsOf,
    "add-device": AddDevice,
    "devices": ListDevices,
    "revoke-device": RevokeDevice,
    "second-factors": ListSecondFactors,
    "reset-second-factor": ResetSecondFactor,
    "invite": AddInvitation,
    "invitations": ListInvitations,
    "revoke-invitation": RevokeInvitation,
    **MODERATION,
    "audit": ListAudit,
    "channels": ListChannels,
    "drop-channels": DropChannels,
    "founder": SetFounder,
    "retention": SetRetention,
    "backup": NoteBackup,
    "certificate": NoteCertificate,
    "reloaded": NoteReload,
    "export": NoteExport,
}
"""The requests by their names: on the control socket, in the audit log and for the pseudo-user."""
OPERATION_NAMES: Final[Mapping[type[Request], str]] = {kind: name for name, kind in OPERATIONS.items()}


Value = str | int | bool | None
Row = Mapping[str, Value]
"""One line of an answer, ready for JSON."""


@dataclass(frozen=True, slots=True)
class Done:
    """The request is done and, where it changed something, committed.

    `rows` is what was asked for. When there is more, `more` is after what to go on.
    """

    rows: Sequence[Row] = ()
    more: int = 0


@dataclass(frozen=True, slots=True)
class Refused:
    """The request was not done; nothing changed, but for what a long one did in earlier steps.

    `code` is for programs, `text` for people.
    """

    code: str
    text: str


Answer = Done | Refused
