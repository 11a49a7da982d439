"""Who ignores whom (SILENCE): the account's list, and what does not reach its owner.

What is refused is not stored, for neither of the two, and the sender is told: an echo would confirm what
nobody keeps. Channels are for everybody in them; what somebody says there a client hides.
"""

from securechat.chat.limits import MAX_SILENCED
from securechat.chat.masks import ACCOUNT, MUTE, InvalidMask, canonical
from securechat.chat.records import Silenced
from securechat.chat.turn.chat import Chat
from securechat.chat.turn.context import Context
from securechat.irc import numerics as num
from securechat.irc.masks import is_mask


class ListFull(Exception):
    """The list of an account has no room."""


def keeps_out(ctx: Context, account: int, called: str, *, quietly: bool = False) -> bool:
    """Return whether an account ignores the user; then say so, but not to what is sent unasked (typing)."""
    own = account == ctx.user.account.id
    if own or not ctx.registry.silences.matches(account, *ctx.user.sources):
        return False
    if not quietly:
        text = "This person takes nothing from you: nothing was sent"
        ctx.numeric(num.ERR_CANNOTSENDTOUSER, called, text=text)
    return True


def mask_for(ctx: Context, written: str) -> str:
    """Return the mask for what somebody wrote; a nick or name is the account's. Raises InvalidMask."""
    known = ctx.registry.known(written) if not is_mask(written) else None
    mask = canonical(f"{ACCOUNT}{known[0].name}" if known is not None else written)
    if mask.startswith(MUTE):
        raise InvalidMask("A mask is a nick, nick!account@server with * and ?, or $a:account")
    return mask


def ignore(ctx: Context, mask: str) -> bool:
    """Ignore a mask; False when it was so before. Raises ListFull."""
    account, masks = ctx.user.account.id, ctx.registry.silences.of(ctx.user.account.id)
    if any(one in masks for one in (mask, *_before(ctx, mask))):
        return False
    if len(masks) >= MAX_SILENCED:
        raise ListFull
    ctx.record(Silenced(account, mask, ctx.at, None))
    return True


def heed(ctx: Context, mask: str) -> bool:
    """Ignore a mask no more; False when it was so before."""
    account = ctx.user.account.id
    masks = ctx.registry.silences.of(account)
    found = [one for one in (mask, *_before(ctx, mask)) if one in masks]
    for one in found:
        ctx.record(Silenced(account, one, None, masks[one]))
    return bool(found)


def _before(ctx: Context, mask: str) -> list[str]:
    """Return the masks of the names that an account had before it was renamed."""
    account = ctx.registry.account(mask.removeprefix(ACCOUNT)) if mask.startswith(ACCOUNT) else None
    return [canonical(f"{ACCOUNT}{name}") for name in account.former] if account is not None else []


def forget(chat: Chat, account: int) -> None:
    """Take the list of an account away, which is about to go."""
    for mask, since in [*chat.registry.silences.of(account).items()]:
        chat.enter(Silenced(account, mask, None, since), None)
