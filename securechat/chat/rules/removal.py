"""What becomes of everything that an account leaves when it is removed."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
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
from securechat.chat.rules import (
    administrators,
    authenticators,
    bans,
    devices,
    dropping,
    founding,
    metadata,
    reports,
    sessions,
    silence,
)
from securechat.chat.state.account import Account
from securechat.chat.state.channel import Channel
from securechat.chat.turn.chat import Chat
from securechat.chat.turn.steps import Steps

FATES: Final[Mapping[str, Fate]] = {"keep": "keep", "anonymise": "anonymise", "delete": "delete"}


def remove(
    steps: Steps, request: RemoveAccount, begin: Callable[[str], None], then: Callable[[Answer], None]
) -> None:
    """Remove memberships and credentials, and begin with what becomes of the messages.

    The channels come first, one by one: what was done of it stays when the rest finds no room, and the same
    request does the rest.
    """
    chat = steps.chat
    account = chat.registry.account(request.name)
    problem = _problem(chat, account, request)
    if account is None or problem is not None:
        then(problem or unknown(request.name))
        return
    if request.check:
        then(Done())
        return

    def left() -> None:
        if account.phc is None:
            then(unknown(request.name))  # somebody else was faster
            return
        if (refusal := _is_needed(chat, account, request)) is not None:
            then(refusal)  # another administrator, who was there at the first step, is not any more
            return
        for channel in chat.registry.channels_of(account.id):
            _part(chat, account, channel)
        _removed(chat, account, account.phc, FATES[_fate(chat, request)])
        sessions.then_end(chat, account, "This account was removed")
        then(Done())

    begin(request.name)
    steps.for_each(_leaving(chat, account, request), lambda leave: leave(), left)


def unknown(name: str) -> Refused:
    """Say that there is no such account."""
    return Refused("ACCOUNT_UNKNOWN", f"There is no account {name!r}: `securechat users` lists them")


def _problem(chat: Chat, account: Account | None, request: RemoveAccount) -> Refused | None:
    """Return why that cannot be done."""
    if account is None or account.phc is None:
        return unknown(request.name)
    fate = _fate(chat, request)
    if fate not in FATES:
        return Refused("MESSAGES_UNKNOWN", f"{fate!r} cannot be done: use one of {', '.join(FATES)}")
    return _is_needed(chat, account, request) or _wrong_channels(chat, account, request)


def _is_needed(chat: Chat, account: Account, request: RemoveAccount) -> Refused | None:
    """Return why an administrator has to stay."""
    return None if request.force else administrators.refusal(chat, [account])


def _fate(chat: Chat, request: RemoveAccount) -> str:
    return request.messages or chat.settings.on_account_removal


def _part(chat: Chat, account: Account, channel: Channel) -> None:
    membership = channel.members.get(account.id)
    if membership is not None:
        text = "The account was removed"
        chat.enter(Parted(chat.next_id(), account.id, channel.id, chat.now.wall, text, membership), None)


def _removed(chat: Chat, account: Account, phc: str, how: Fate) -> None:
    """Remove what is left of an account that is in no channel any more."""
    metadata.forget(chat, -account.id, None)
    silence.forget(chat, account.id)
    devices.forget(chat, account)
    bans.forget(chat, account)
    authenticators.forget(chat, account)
    if how == "delete":
        reports.forget(chat, account)
    if chat.registry.markers.get(account.id):
        chat.enter(MarkersForgotten(account.id, tuple(chat.registry.markers[account.id].items())), None)
    sources, waiting = tuple(account.sources.items()), chat.registry.waiting[account.id]
    if how == "anonymise":
        _have_nobody(chat)
    positions = account.known_positions()
    chat.enter(AccountRemoved(account.id, phc, chat.now.wall, sources, waiting, how, positions), None)


def detail(chat: Chat, request: RemoveAccount) -> str:
    """Return what the audit log says of a removal that is about to be."""
    fate = _fate(chat, request)
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


def _leaving(chat: Chat, account: Account, request: RemoveAccount) -> Iterator[Callable[[], None]]:
    """The steps in which the account leaves its channels and what it founded becomes what is asked for."""
    founded, heir = founding.founded_by(chat, account), chat.registry.account(request.heir)
    if founded and not request.heir and request.channels != "drop":
        ids = tuple(channel.id for channel in founded)
        yield partial(chat.enter, FounderSet(ids, None, account.id), None)
        founded = []
    for channel in founded:
        if channel.founder != account.id or chat.registry.channels.get(channel.id) is not channel:
            continue  # it has changed since the first step
        if request.heir:
            yield partial(founding.hand_over, chat, channel, heir, chat.settings.server_name, None)
        else:
            yield partial(dropping.drop, chat, channel, None)
    for channel in chat.registry.channels_of(account.id):
        yield partial(_part, chat, account, channel)


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
