"""What administrators, and people of their own account, ask about devices and second factors."""

from typing import assert_never

from securechat.chat.requests import (
    AddDevice,
    Answer,
    Done,
    ListDevices,
    ListSecondFactors,
    ResetSecondFactor,
    RevokeDevice,
)
from securechat.chat.rules import authenticators, devices
from securechat.chat.state.account import Account
from securechat.chat.turn.chat import Chat

OfCredentials = AddDevice | ListDevices | RevokeDevice | ListSecondFactors | ResetSecondFactor


def answer(chat: Chat, account: Account, request: OfCredentials) -> Answer:
    """Do what is asked about one account."""
    match request:
        case AddDevice():
            return devices.add(chat, account, request)
        case ListDevices():
            return Done(devices.rows(chat, account))
        case RevokeDevice():
            return devices.revoke(chat, account, request)
        case ListSecondFactors():
            row = authenticators.row(chat, account)
            return Done([row] if row is not None else [])
        case ResetSecondFactor():
            return authenticators.reset(chat, account)
        case _:
            assert_never(request)
