"""Whether an account may take more of what everybody shares: every limit for accounts is decided here."""

from securechat.chat.shares import BOT_FACTOR, PLACES, SESSIONS, WAITING, WAITING_OF_ONE, Share
from securechat.chat.state.account import Account
from securechat.chat.turn.chat import Chat


def most(chat: Chat, account: Account, share: Share) -> int:
    """Return how much of it the account may take; 0 is no limit."""
    number = chat.settings.shares[share.name]
    return number * BOT_FACTOR if account.role == "bot" else number


def reached(chat: Chat, account: Account, share: Share, used: int) -> str | None:
    """Return what to tell who would take more than the account's share; None when there is room."""
    limit = most(chat, account, share)
    return refusal(chat, share, limit) if 0 < limit <= used else None


def refusal(chat: Chat, share: Share, limit: int = 0) -> str:
    """Count that a limit was reached, and return what to tell about it."""
    chat.counters.refuse(share)
    return share.text.format(most=limit)


def no_place(chat: Chat, account: Account) -> str | None:
    """Return why a login with a right password cannot become a session of the account; None when it can.

    Logged-in sessions leave an eighth of the places to logins, and a sixteenth to administrators. In the last
    quarter of what remains the number of sessions that an account may have falls to one, so that whoever
    comes first still comes in.
    """
    have, places = chat.places.of(account), chat.settings.places
    text = reached(chat, account, SESSIONS, have)
    if text is not None or not places:
        return text
    kept = places // 8 + (0 if account.role == "admin" else places // 16)
    free, quarter = places - kept - chat.places.total, max(1, places // 4)
    if free <= 0:
        return refusal(chat, PLACES)
    if account.role == "admin" or free >= quarter:
        return None
    fewer = most(chat, account, SESSIONS) or places
    return refusal(chat, PLACES) if 0 < have >= fewer * (free - 1) // quarter else None


def no_room(chat: Chat, sender: Account, account: int) -> str | None:
    """Return why no more of the sender's messages can wait for an account; None when one can.

    In the last half of the box the number that a sender may have there falls to one: who has most is refused
    first, and there is room for others.
    """
    boxes, limit = chat.registry.boxes, chat.settings.shares[WAITING.name]
    mine, total = boxes.of(account, sender.id), boxes.total(account)
    text = reached(chat, sender, WAITING_OF_ONE, mine)
    if text is not None or not limit:
        return text
    free, half = limit - total, max(1, limit // 2)
    if free <= 0:
        return refusal(chat, WAITING)
    fewer = most(chat, sender, WAITING_OF_ONE) or limit
    return refusal(chat, WAITING) if free < half and mine > fewer * (free - 1) // half else None
