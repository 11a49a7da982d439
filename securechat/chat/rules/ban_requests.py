"""Bans from the whole server, as administrators ask for them: to add, take away and list them.

One request is for many targets, and each is compared with every administrator and everything that its author
is called. So the targets are read in steps, and what was asked for then happens as a whole or not at all.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import Final

from securechat.chat.records import Ban, BanAdded
from securechat.chat.requests import Answer, Done, Refused, Row
from securechat.chat.rules import administrators
from securechat.chat.rules.banning import Wrong, check, ends, in_looks, read_target, spelled, until
from securechat.chat.rules.bans import announce, enforce, keeping_out, lift, meeting
from securechat.chat.rules.operators import tell
from securechat.chat.sanctions import AddBan, ListBans, RemoveBan
from securechat.chat.state.bans import ACCOUNT, MASK, NETWORK, Bans
from securechat.chat.state.session import Session
from securechat.chat.turn.chat import Chat
from securechat.chat.turn.steps import Steps

MAX_BANS: Final = 5000
MAX_MASKS: Final = 200
"""Of them by mask: each is looked at for everybody who logs in."""
TARGETS_AT_ONCE: Final = 100
"""Targets of one request."""
ROWS_AT_ONCE: Final = 500
"""Bans in one answer."""


def add(
    steps: Steps, request: AddBan, by: str, begin: Callable[[str], None], then: Callable[[Answer], None]
) -> None:
    """Keep all targets out, or none of them when one cannot be banned; end the sessions that they meet."""
    chat, wanted = steps.chat, Bans([])

    def read() -> None:
        bans = list(wanted.all())
        _check_powers(steps)
        _check_all(chat, bans, request)
        begin(",".join(spelled(chat, ban) for ban in bans))
        for ban in bans:
            chat.enter(BanAdded(ban, chat.registry.bans.get(*ban.key)), None)
            announce(chat, ban, banned=True)
        _end_met(steps, request, by, wanted, then)

    in_looks(steps, _reading(chat, request, by, wanted), read, then)


def _end_met(steps: Steps, request: AddBan, by: str, bans: Bans, then: Callable[[Answer], None]) -> None:
    """End the sessions that new bans meet, when they are stored, and answer with their numbers."""
    chat, numbers, new = steps.chat, Counter[tuple[str, str]](), list(bans.all())
    chat.when_stored(partial(enforce, chat, bans))

    def look(session: Session) -> None:
        ban = meeting(chat, session, bans)
        if ban is not None:
            numbers[ban.key] += 1

    def looked() -> None:
        rows = [{**_row(chat, ban), "sessions": numbers[ban.key]} for ban in new]
        names = ", ".join(str(row["target"]) for row in rows)
        chat.later(partial(tell, chat, f"{by} banned {names} {until(new[0].expires)}: {request.reason}"))
        then(Done(rows))

    steps.for_each(list(chat.sessions.values()), look, looked)


def remove(
    steps: Steps, request: RemoveBan, by: str, begin: Callable[[str], None], then: Callable[[Answer], None]
) -> None:
    """Let all targets in again, or none of them when one is not banned."""
    chat, found = steps.chat, dict[Ban, None]()

    def look() -> Iterator[None]:
        for target in _named(request.targets):
            ban = chat.registry.bans.get(*read_target(chat, target))
            if ban is None:
                raise Wrong("BAN_UNKNOWN", f"There is no ban of {target!r}: `ban list` shows those there are")
            found[ban] = None
            yield

    def looked() -> None:
        _check_powers(steps)
        bans = [ban for ban in found if chat.registry.bans.get(*ban.key) is ban]
        if not bans:
            raise Wrong("BAN_UNKNOWN", "Somebody else has lifted or renewed that ban at this moment")
        rows = [_row(chat, ban) for ban in bans]
        begin(",".join(str(row["target"]) for row in rows))
        for ban in bans:
            lift(chat, ban)
        names = ", ".join(str(row["target"]) for row in rows)
        chat.later(partial(tell, chat, f"{by} lifted the ban of {names}"))
        then(Done(rows))

    in_looks(steps, look(), looked, then)


def list_bans(chat: Chat, request: ListBans) -> Answer:
    """List the bans that are in force, the oldest first."""
    try:
        found = _about(chat, request.about) if request.about else chat.registry.bans.all()
    except Wrong as wrong:
        return Refused(wrong.code, str(wrong))
    in_force = sorted((ban for ban in found if ban.holds(chat.now.wall)), key=lambda ban: ban.at)
    some = in_force[request.after : request.after + ROWS_AT_ONCE]
    more = request.after + len(some)
    return Done([_row(chat, ban) for ban in some], more if more < len(in_force) else 0)


def detail(chat: Chat, request: AddBan) -> str:
    """Return what the audit log says of a ban besides whom it is for."""
    try:
        return f"{until(ends(request.duration, chat.now.wall))}: {request.reason}"
    except Wrong:
        return ""  # it will be refused


def _check_powers(steps: Steps) -> None:
    """Raise Wrong where the session that asks has lost its powers since it did."""
    if steps.ctx is not None and not steps.ctx.session.oper:
        raise Wrong("PRIVILEGES_LOST", "You are no operator any more: nothing was done")


def _named(targets: str) -> list[str]:
    """Return the targets of a request, each once. Raises Wrong."""
    named = list(dict.fromkeys(target for target in targets.replace(" ", ",").split(",") if target))
    if not 1 <= len(named) <= TARGETS_AT_ONCE:
        raise Wrong("TARGET_INVALID", f"Name 1 to {TARGETS_AT_ONCE} accounts, masks, addresses or networks")
    return named


def _reading(chat: Chat, request: AddBan, by: str, wanted: Bans) -> Iterator[None]:
    """Find the bans that are asked for, a look at a time. Raises Wrong."""
    targets, now = _named(request.targets), chat.now.wall
    expires, spared = ends(request.duration, now), administrators.all_of(chat)
    for target in targets:
        ban = Ban(*read_target(chat, target), request.reason, by, now, expires)
        yield from check(chat, ban, spared)
        wanted.put(ban)
        yield


def _check_all(chat: Chat, wanted: Sequence[Ban], request: AddBan) -> None:
    """Raise Wrong where one of the bans is fine and all of them are not, or not any more."""
    bans, accounts = chat.registry.bans, chat.registry.accounts
    banned = [accounts[int(ban.target)] for ban in wanted if ban.kind == ACCOUNT]
    if any(account.phc is None for account in banned):
        raise Wrong("ACCOUNT_UNKNOWN", "One of the accounts was removed at this moment: nobody was banned")
    refusal = administrators.refusal(chat, banned) if not request.force else None
    if refusal is not None:
        raise Wrong(refusal.code, refusal.text)
    new = [ban for ban in wanted if bans.get(*ban.key) is None]
    masks = sum(ban.kind == MASK for ban in new)
    if len(bans) + len(new) > MAX_BANS or bans.masks + masks > MAX_MASKS:
        text = f"There can be {MAX_BANS} bans, {MAX_MASKS} of them masks: remove some, or ban a whole network"
        raise Wrong("LIMIT_REACHED", text)


def _about(chat: Chat, text: str) -> Iterator[Ban]:
    """Return the bans that an account, an address or a nick meets, or the ban of a mask or network."""
    (kind, target), bans, now = read_target(chat, text), chat.registry.bans, chat.now.wall
    own = bans.get(kind, target)
    found = [own] if own is not None else []
    if kind == NETWORK:
        address = target.partition("/")[0]
        found += bans.of_address(address, now)
    elif kind == ACCOUNT:
        account = chat.registry.accounts[int(target)]
        addresses = {session.address for session in chat.registry.sessions_of(account)} | {""}
        found += chain.from_iterable(keeping_out(chat, account, account.name, each) for each in addresses)
    return iter(dict.fromkeys(found))


def _row(chat: Chat, ban: Ban) -> Row:
    return {
        "target": spelled(chat, ban),
        "kind": ban.kind,
        "reason": ban.reason,
        "by": ban.setter,
        "since": ban.at,
        "expires": ban.expires or None,
    }
