"""Facts about invitations: codes with which people make their own account."""

from dataclasses import dataclass

from securechat.chat.records.stored import Invitation


@dataclass(frozen=True, slots=True)
class InvitationAdded:
    """There is a new code. `code` is its hash (`rules.invitations.digest`): the code itself is not kept."""

    code: str
    invitation: Invitation


@dataclass(frozen=True, slots=True)
class InvitationUsed:
    """An account was made with a code; after the last use it is gone. `previous` is what it was."""

    code: str
    previous: Invitation


@dataclass(frozen=True, slots=True)
class InvitationRevoked:
    """Nobody can make an account with a code any more. `previous` is what it was."""

    code: str
    previous: Invitation


InvitationRecord = InvitationAdded | InvitationUsed | InvitationRevoked
