"""Whom a ban from the server is for, as operators write it, and which bans are a mistake.

A target is an account (its name or its user's nick), a mask of nick!account@server, or an address or network.
Nobody bans themselves, an administrator by a mask, this host, or so many networks that it is everybody.
"""

from collections.abc import Callable, Iterator, Sequence
from ipaddress import IPv6Network, ip_address, ip_network
from typing import Final

from securechat.chat.durations import InvalidDuration, parse
from securechat.chat.limits import KICKLEN
from securechat.chat.masks import ACCOUNT as OF_ACCOUNT
from securechat.chat.masks import MUTE, InvalidMask, canonical
from securechat.chat.networks import Network, short, single
from securechat.chat.records import Ban
from securechat.chat.requests import Answer, Refused
from securechat.chat.state.account import Account
from securechat.chat.state.bans import ACCOUNT, MASK, NETWORK
from securechat.chat.turn.chat import Chat
from securechat.chat.turn.steps import Steps
from securechat.irc.masks import Mask, is_mask
from securechat.irc.names import fold
from securechat.irc.timestamp import format_ms

SHORTEST: Final = {4: 8, 6: 16}
"""The shortest prefix that can be banned, by the version of IP: a shorter one is a good part of everybody."""
_MAPPED: Final = 96


class Wrong(ValueError):
    """This cannot be banned. `code` is for programs, the text for people."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def read_target(chat: Chat, text: str) -> tuple[str, str]:
    """Return the kind of a target and how it is kept. Raises Wrong."""
    network = _network(text)
    if network is not None:
        return NETWORK, str(network)
    if "%" in text or ("/" in text and "!" not in text):
        raise Wrong("TARGET_INVALID", f"{text!r} is no network: write 192.0.2.0/24 or 2001:db8::/32")
    if not any(sign in text for sign in "!@*?$"):
        return ACCOUNT, str(_account(chat, text).id)
    try:
        mask = canonical(text)
    except InvalidMask as error:
        raise Wrong("MASK_INVALID", f"{text!r}: {error}") from error
    if mask.startswith(OF_ACCOUNT):
        name = mask.removeprefix(OF_ACCOUNT)
        return (MASK, f"*!{name}@*") if is_mask(name) else (ACCOUNT, str(_account(chat, name).id))
    if mask.startswith(MUTE):
        raise Wrong("MASK_INVALID", f"{text!r} is a mute, which is for channels")
    address = mask.rpartition("@")[2]
    if _network(address) is not None:
        text = f"Masks do not hold addresses: to ban where somebody comes from, ban {address} itself"
        raise Wrong("MASK_INVALID", text)
    return MASK, mask


def in_looks(
    steps: Steps, looks: Iterator[None], then: Callable[[], None], answer: Callable[[Answer], None]
) -> None:
    """Take the looks of a rule, in as many turns as that takes, and go on with `then`.

    Where either raises Wrong, that is the `answer`.
    """
    wrong: list[Wrong] = []

    def guarded() -> Iterator[None]:
        try:
            yield from looks
        except Wrong as error:
            wrong.append(error)

    def looked() -> None:
        try:
            for error in wrong:
                raise error
            then()
        except Wrong as error:
            answer(Refused(error.code, str(error)))

    steps.for_each(guarded(), lambda _: None, looked)


def check(chat: Chat, ban: Ban, spared: Sequence[Account]) -> Iterator[None]:
    """Look at a ban, bit by bit; masks of it spare these accounts. Raises Wrong where it is a mistake."""
    check_reason(ban.reason)
    own = chat.registry.account(ban.setter)
    if ban.kind == ACCOUNT and own is not None and ban.target == str(own.id):
        raise _is_self(chat, ban)
    if ban.kind == NETWORK:
        network = ip_network(ban.target)
        _check_network(network)
        if own is not None:
            addresses = {session.address for session in chat.registry.sessions_of(own)}
            if any(ip_address(address) in network for address in addresses):
                raise _is_self(chat, ban)
    elif ban.kind == MASK:
        mask = Mask(ban.target)
        yield from _check_mask(chat, ban.target, mask, spared)
        if own is not None:
            yield from _check_own_names(chat, ban, mask, own)


def check_reason(reason: str) -> None:
    """Raise Wrong for what is no reason."""
    if any(char < " " or "\x7f" <= char <= "\x9f" for char in reason):
        raise Wrong("REASON_INVALID", "A reason is one line, without control characters")
    if len(reason.encode()) > KICKLEN:
        raise Wrong("REASON_INVALID", f"A reason has at most {KICKLEN} bytes")


def is_address(text: str) -> bool:
    """Return whether a text is an address or a network."""
    return _network(text) is not None


def _account(chat: Chat, name: str) -> Account:
    account = chat.registry.account_of(name)
    if account is None or account.phc is None:
        raise Wrong("ACCOUNT_UNKNOWN", f"There is no account {name!r}: `securechat users` lists them")
    return account


def _network(text: str) -> Network | None:
    """Return the network that a text says, None for any other text."""
    try:
        network = ip_network(text, strict=False) if "%" not in text else None
    except ValueError:
        return None
    if isinstance(network, IPv6Network) and network.prefixlen >= _MAPPED:
        mapped = network.network_address.ipv4_mapped
        return ip_network((mapped, network.prefixlen - _MAPPED)) if mapped is not None else network
    return network


def _check_network(network: Network) -> None:
    if network.is_loopback:
        raise Wrong("NETWORK_LOOPBACK", f"{short(network)} is this host itself, which always gets in")
    shortest = SHORTEST[network.version]
    if network.prefixlen < shortest:
        text = f"{network} is a good part of everybody: ban networks of /{shortest} or smaller, one by one"
        raise Wrong("NETWORK_TOO_WIDE", text)


def _check_mask(chat: Chat, text: str, mask: Mask, spared: Sequence[Account]) -> Iterator[None]:
    server = chat.settings.server_name.lower()
    if not text.partition("@")[0].strip("*?!"):
        raise Wrong("MASK_TOO_WIDE", f"{text} is everybody")
    if not mask.matches(text.rpartition("@")[0] + "@" + server):
        why = f"{text} is nobody: after the @ stands this server's name for everybody ({server}), or *"
        raise Wrong("MASK_INVALID", why)
    for account in spared:
        names = [fold(name) for name in (account.name, *account.former)]
        if any(mask.matches(f"{name}!{name}@{server}") for name in names):
            why = f"{text} is also the administrator {account.name}: name a smaller mask, or accounts"
            raise Wrong("MASK_TOO_WIDE", why)
        yield


def _check_own_names(chat: Chat, ban: Ban, mask: Mask, own: Account) -> Iterator[None]:
    """Raise Wrong for a mask that is one of the names that who bans has now."""
    server = chat.settings.server_name.lower()
    for nick in {own.name, *(user.nick for user in chat.registry.users_of(own))}:
        if mask.matches(f"{fold(nick)}!{own.folded}@{server}"):
            raise _is_self(chat, ban)
        yield


def _is_self(chat: Chat, ban: Ban) -> Wrong:
    return Wrong("SELF", f"{spelled(chat, ban)} is yourself: somebody else has to ban you")


# How bans are written


def spelled(chat: Chat, ban: Ban) -> str:
    """Return a ban's target as people write it."""
    if ban.kind == ACCOUNT:
        return chat.registry.accounts[int(ban.target)].name
    return single(ban.target) if ban.kind == NETWORK else ban.target


def until(expires: int) -> str:
    """Say until when something holds."""
    return f"until {format_ms(expires)}" if expires else "for ever"


def ends(duration: str, now: int) -> int:
    """Return when something ends that begins at a time, 0 for never. Raises Wrong."""
    try:
        milliseconds = parse(duration)
    except InvalidDuration as error:
        raise Wrong("DURATION_INVALID", str(error)) from error
    return now + milliseconds if milliseconds else 0
