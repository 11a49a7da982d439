"""Invitations: codes with which people make their own account. Administrators make, list and revoke them."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Final

from securechat.chat.limits import MAX_INVITATION_DAYS, MAX_INVITATION_USES
from securechat.chat.records import Invitation, InvitationAdded, InvitationRevoked
from securechat.chat.requests import AddInvitation, Answer, Done, Refused, RevokeInvitation, Row
from securechat.chat.turn.chat import Chat
from securechat.irc.invitation import code_of

_READ: Final = str.maketrans({"o": "0", "i": "1", "l": "1", "-": None, " ": None})
_ID: Final = 8
DAY_MS: Final = 24 * 3600 * 1000


def digest(code: str) -> str:
    """Return the hash by which a code is known, whatever its case and its hyphens; O is 0, I and L are 1.

    The whole link of an invitation stands for the code in it. A code has more than 256 random bits, so a fast
    hash hides it.
    """
    return sha256(code_of(code).lower().translate(_READ).encode()).hexdigest()


def are_open(chat: Chat) -> bool:
    """Return whether there is an invitation that somebody can use now."""
    now = chat.now.wall
    return any(invitation.expires > now for invitation in chat.registry.invitations.values())


def usable(chat: Chat, code: str) -> tuple[str, Invitation] | None:
    """Return the invitation that a code opens now, with the hash it is known by; None for any other code."""
    hashed = digest(code)
    invitation = chat.registry.invitations.get(hashed)
    return (hashed, invitation) if invitation is not None and invitation.expires > chat.now.wall else None


def id_of(hashed: str) -> str:
    """Return how an invitation is called in lists: the beginning of its code's hash, which opens nothing."""
    return hashed[:_ID]


def add(chat: Chat, request: AddInvitation) -> Answer:
    """Let accounts be made with a code."""
    if request.code in chat.registry.invitations:
        return Refused("CODE_EXISTS", "There is an invitation with this code already")
    if not (1 <= request.uses <= MAX_INVITATION_USES and 1 <= request.days <= MAX_INVITATION_DAYS):
        most = f"1 to {MAX_INVITATION_USES} accounts, and is valid for 1 to {MAX_INVITATION_DAYS} days"
        return Refused("INVITATION_INVALID", f"An invitation is for {most}")
    now = chat.now.wall
    invitation = Invitation(request.uses, now + request.days * DAY_MS, now)
    chat.enter(InvitationAdded(request.code, invitation), None)
    return Done()


def revoke(chat: Chat, request: RevokeInvitation) -> Answer:
    """Let nobody make an account with a code any more."""
    found = [code for code in chat.registry.invitations if id_of(code) == request.name]
    if not found:
        text = f"There is no invitation {request.id!r}: `securechat invite list` lists them"
        return Refused("INVITATION_UNKNOWN", text)
    for code in found:
        chat.enter(InvitationRevoked(code, chat.registry.invitations[code]), None)
    return Done()


def rows(chat: Chat) -> Iterator[Row]:
    """List the invitations that can be used, and those that have expired; the oldest first."""
    now = chat.now.wall
    for code, invitation in sorted(chat.registry.invitations.items(), key=lambda item: item[1].created):
        yield {
            "id": id_of(code),
            "uses": invitation.uses,
            "created": invitation.created,
            "expires": invitation.expires,
            "expired": invitation.expires <= now,
        }
