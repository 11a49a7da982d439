"""Whom a ban from the server is for, as operators write it, and which bans are a mistake.

A target is an account (its name or its user's nick), a mask of nick!account@server, or an address or network.
Nobody bans themselves, an administrator by a mask, this host, or so many networks that it is everybody.
"""

from collections.abc import Sequence
from ipaddress import IPv6Network, ip_address, ip_network
from typing import Final

from securechat.chat.durations import InvalidDuration, parse
from securechat.chat.limits import KICKLEN
from securechat.chat.masks import ACCOUNT as OF_ACCOUNT
from securechat.chat.masks import MUTE, InvalidMask, canonical
from securechat.chat.networks import Network, short
from securechat.chat.records import Ban
from securechat.chat.state.account import Account
from securechat.chat.state.bans import ACCOUNT, MASK, NETWORK
from securechat.chat.turn.chat import Chat
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


def administrators(chat: Chat) -> Sequence[Account]:
    """Return the accounts that no mask may keep out."""
    return [account for account in chat.registry.accounts.values() if account.role == "admin"]


def checked(chat: Chat, ban: Ban, spared: Sequence[Account]) -> Ban:
    """Return a ban that is no mistake; masks of it spare these accounts. Raises Wrong."""
    check_reason(ban.reason)
    if ban.kind == NETWORK:
        _check_network(ip_network(ban.target))
    elif ban.kind == MASK:
        _check_mask(chat, ban.target, spared)
    own = chat.registry.account(ban.setter)
    if own is not None and _meets(chat, ban, own):
        raise Wrong("SELF", f"{spelled(chat, ban)} is yourself: somebody else has to ban you")
    return ban


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


def _check_mask(chat: Chat, mask: str, spared: Sequence[Account]) -> None:
    matcher, server = Mask(mask), chat.settings.server_name.lower()
    if not mask.partition("@")[0].strip("*?!"):
        raise Wrong("MASK_TOO_WIDE", f"{mask} is everybody")
    if not matcher.matches(mask.rpartition("@")[0] + "@" + server):
        text = f"{mask} is nobody: after the @ stands this server's name for everybody ({server}), or *"
        raise Wrong("MASK_INVALID", text)
    for account in spared:
        names = [fold(name) for name in (account.name, *account.former)]
        if any(matcher.matches(f"{name}!{name}@{server}") for name in names):
            text = f"{mask} is also the administrator {account.name}: name a smaller mask, or accounts"
            raise Wrong("MASK_TOO_WIDE", text)


def _meets(chat: Chat, ban: Ban, account: Account) -> bool:
    """Return whether a ban would keep an account out, or end a session that it has."""
    if ban.kind == ACCOUNT:
        return ban.target == str(account.id)
    sessions = chat.registry.sessions_of(account)
    if ban.kind == NETWORK:
        network = ip_network(ban.target)
        addresses = {session.address for session in sessions}
        return any(ip_address(address) in network for address in addresses)
    server, mask = chat.settings.server_name.lower(), Mask(ban.target)
    nicks = {account.name, *(session.user.nick for session in sessions if session.user is not None)}
    return any(mask.matches(f"{fold(nick)}!{account.folded}@{server}") for nick in nicks)


# How bans are written


def spelled(chat: Chat, ban: Ban) -> str:
    """Return a ban's target as people write it."""
    if ban.kind == ACCOUNT:
        return chat.registry.accounts[int(ban.target)].name
    return short(ip_network(ban.target)) if ban.kind == NETWORK else ban.target


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
