"""Whether an account may take more of what everybody shares: every limit for accounts is decided here."""

import math
from typing import Final

from securechat.chat.shares import BOT_FACTOR, PLACES, SESSIONS, WAITING, WAITING_OF_ONE, Share
from securechat.chat.state.account import Account
from securechat.chat.state.meter import Meter
from securechat.chat.turn.chat import Chat

DAY: Final = 24 * 3600.0
"""Seconds over which what is counted by the day comes back, evenly."""
_ROUNDING: Final = 1e-6


def most(chat: Chat, account: Account, share: Share) -> int:
    """Return how much of it the account may take; 0 is no limit."""
    number = chat.settings.shares[share.name]
    return number * BOT_FACTOR if account.role == "bot" else number


def reached(chat: Chat, account: Account, share: Share, used: int) -> str | None:
    """Return what to tell who would take more than the account's share; None when there is room."""
    limit = most(chat, account, share)
    return refusal(chat, account, share, limit) if 0 < limit <= used else None


def spend(chat: Chat, account: Account, share: Share, meter: Meter) -> str | None:
    """Take one more of what comes back within a day; return what to tell when there is no room for it.

    Nothing is taken then, or when the command is refused since the disk is full.
    """
    limit, now = most(chat, account, share), chat.now.mono
    if not limit:
        return None
    rate = limit / DAY
    meter.cap(limit)
    over = meter.level(rate, now) + 1 - limit
    if over > _ROUNDING:
        return refusal(chat, account, share, limit, over / rate)
    meter.add(1, rate, now)
    chat.if_refused(lambda: meter.add(-1, rate, now))
    return None


def refusal(chat: Chat, account: Account, share: Share, limit: int = 0, wait: float = 0.0) -> str:
    """Count that a limit was reached, and return what to tell about it; `wait` is in seconds."""
    chat.counters.refuse(share, account.id)
    return share.text.format(most=limit, wait=_lasting(wait))


def _lasting(seconds: float) -> str:
    minutes = max(1, math.ceil(seconds / 60 - _ROUNDING))
    if minutes >= 120:
        return f"{math.ceil(minutes / 60)} hours"
    return f"{minutes} minutes" if minutes > 1 else "a minute"


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
        return refusal(chat, account, PLACES)
    if account.role == "admin" or free >= quarter:
        return None
    fewer = most(chat, account, SESSIONS) or places
    return refusal(chat, account, PLACES) if 0 < have >= fewer * (free - 1) // quarter else None


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
        return refusal(chat, sender, WAITING)
    fewer = most(chat, sender, WAITING_OF_ONE) or limit
    return refusal(chat, sender, WAITING) if free < half and mine > fewer * (free - 1) // half else None
