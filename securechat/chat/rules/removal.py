"""What becomes of everything that an account leaves when it is removed."""

from collections.abc import Mapping
from typing import Final

from securechat.chat.records import (
    NOBODY,
    AccountAdded,
    AccountRemoved,
    Fate,
    FounderSet,
    MarkersForgotten,
    Parted,
)
from securechat.chat.requests import CHANNELS_AT_ONCE, Answer, Done, Refused, RemoveAccount
from securechat.chat.rules import devices, dropping, founding, metadata, silence
from securechat.chat.state.account import Account
from securechat.chat.turn.chat import Chat

FATES: Final[Mapping[str, Fate]] = {"keep": "keep", "anonymise": "anonymise", "delete": "delete"}


def remove(chat: Chat, account: Account, phc: str, request: RemoveAccount) -> Answer:
    """Remove credentials and memberships, and begin with what becomes of the messages."""
    how = FATES.get(request.messages or chat.settings.on_account_removal)
    if how is None:
        text = f"{request.messages!r} cannot be done: use one of {', '.join(FATES)}"
        return Refused("MESSAGES_UNKNOWN", text)
    problem = _wrong_channels(chat, account, request)
    if problem is not None:
        return problem
    _leave_channels(chat, account, request)
    for channel in chat.registry.channels_of(account.id):
        membership = channel.members[account.id]
        text = "The account was removed"
        chat.enter(Parted(chat.next_id(), account.id, channel.id, chat.now.wall, text, membership), None)
    metadata.forget(chat, -account.id, None)
    silence.forget(chat, account.id)
    devices.forget(chat, account)
    if chat.registry.markers.get(account.id):
        chat.enter(MarkersForgotten(account.id, tuple(chat.registry.markers[account.id].items())), None)
    sources, waiting = tuple(account.sources.items()), chat.registry.waiting[account.id]
    if how == "anonymise":
        _have_nobody(chat)
    positions = account.known_positions()
    chat.enter(AccountRemoved(account.id, phc, chat.now.wall, sources, waiting, how, positions), None)
    return Done()


def detail(chat: Chat, request: RemoveAccount) -> str:
    """Return what the audit log says of a removal that is about to be."""
    fate = request.messages or chat.settings.on_account_removal
    account = chat.registry.account(request.name)
    founded = chat.registry.founded[account.id] if account is not None else 0
    become = f"to {request.heir}" if request.heir else "dropped" if request.channels == "drop" else "kept"
    channels = [f"channels: {founded} {become}"] if founded else []
    return ", ".join([*channels, *([f"messages: {fate}"] if fate != "keep" else [])])


def _wrong_channels(chat: Chat, account: Account, request: RemoveAccount) -> Refused | None:
    """Return why that cannot become of the channels."""
    if request.channels not in ("", "keep", "drop") or (request.channels and request.heir):
        text = f"{request.channels!r} cannot be done with channels: use keep or drop, or name who gets them"
        return Refused("CHANNELS_UNKNOWN", text)
    heir = chat.registry.account(request.heir) if request.heir else None
    if request.heir and (heir is None or heir.phc is None or heir is account):
        text = f"There is no other account {request.heir!r}, which could get the channels"
        return Refused("ACCOUNT_UNKNOWN", text)
    one_by_one = request.channels == "drop" or heir is not None
    if one_by_one and chat.registry.founded[account.id] > CHANNELS_AT_ONCE:
        text = (
            f"{account.name} founded more than {CHANNELS_AT_ONCE} channels: `securechat deluser` on the "
            "command line does this in steps"
        )
        return Refused("TOO_MANY_CHANNELS", text)
    return None


def _leave_channels(chat: Chat, account: Account, request: RemoveAccount) -> None:
    """Let the channels that the account founded become what is asked for."""
    founded = founding.founded_by(chat, account)
    if request.heir:
        heir = chat.registry.account(request.heir)
        for channel in founded:
            founding.hand_over(chat, channel, heir, chat.settings.server_name, None)
    elif request.channels == "drop":
        for channel in founded:
            dropping.drop(chat, channel, None)
    elif founded:
        chat.enter(FounderSet(tuple(channel.id for channel in founded), None, account.id), None)


def _have_nobody(chat: Chat) -> None:
    """Have the account under which messages are that have lost their author."""
    accounts = chat.registry.accounts
    if any(account.role == NOBODY for account in accounts.values()):
        return
    names = ("removed", *(f"removed-{number}" for number in range(2, len(accounts) + 3)))
    free = (
        name for name in names if not chat.registry.account(name) and not chat.registry.account_like(name)
    )
    account_id = max(accounts, default=0) + 1
    chat.enter(AccountAdded(account_id, next(free), "", NOBODY, chat.now.wall), None)
    chat.enter(AccountRemoved(account_id, "", chat.now.wall), None)
