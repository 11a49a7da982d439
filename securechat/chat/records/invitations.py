"""Facts about invitations: codes with which people make their own account."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from securechat.chat.state.registry import Registry


class Invitation(NamedTuple):
    """`uses` are the accounts that can still be made with it, until `expires`; times in milliseconds."""

    uses: int
    expires: int
    created: int


@dataclass(frozen=True, slots=True)
class InvitationAdded:
    """There is a new code. `code` is its hash (`rules.invitations.digest`): the code itself is not kept."""

    code: str
    invitation: Invitation

    def apply(self, registry: "Registry") -> None:
        registry.invitations[self.code] = self.invitation

    def revert(self, registry: "Registry") -> None:
        del registry.invitations[self.code]


@dataclass(frozen=True, slots=True)
class InvitationUsed:
    """An account was made with a code; after the last use it is gone. `previous` is what it was."""

    code: str
    previous: Invitation

    def apply(self, registry: "Registry") -> None:
        if self.previous.uses > 1:
            registry.invitations[self.code] = self.previous._replace(uses=self.previous.uses - 1)
        else:
            del registry.invitations[self.code]

    def revert(self, registry: "Registry") -> None:
        registry.invitations[self.code] = self.previous


@dataclass(frozen=True, slots=True)
class InvitationRevoked:
    """Nobody can make an account with a code any more. `previous` is what it was."""

    code: str
    previous: Invitation

    def apply(self, registry: "Registry") -> None:
        del registry.invitations[self.code]

    def revert(self, registry: "Registry") -> None:
        registry.invitations[self.code] = self.previous


InvitationRecord = InvitationAdded | InvitationUsed | InvitationRevoked
