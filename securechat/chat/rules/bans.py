"""Bans from the whole server: what they mean for who is here and who comes.

Theory of operation. A ban is by account, by mask of nick!account@server, or by network. The listeners know
the networks and refuse connections before they cost anything (`effects.NetworkBanned`). What an account and a
mask keep out is said after the password was right, and not before: that tells only its owner anything. When a
ban is stored, whoever it meets ends, a few sessions in each turn.

A ban that has ended is not in force any more at once. It is forgotten when it has been over for an hour of
the monotonic clock: a wall clock that was wrong for a while forgets nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain, islice
from typing import Final

from securechat.chat.effects import LoginFailed, NetworkBanned
from securechat.chat.line import Line
from securechat.chat.records import Ban, BanAdded, BanRemoved
from securechat.chat.requests import Answer, Done, Refused, Row
from securechat.chat.rules.banning import Wrong, administrators, checked, ends, read_target, spelled, until
from securechat.chat.rules.operators import ENDED_AT_ONCE, lose_powers, tell
from securechat.chat.sanctions import AddBan, ListBans, RemoveBan
from securechat.chat.state.account import Account
from securechat.chat.state.bans import ACCOUNT, MASK, NETWORK, Bans
from securechat.chat.state.session import Session
from securechat.chat.turn.chat import Chat
from securechat.chat.turn.steps import Steps
from securechat.irc import numerics as num
from securechat.irc.names import fold

MAX_BANS: Final = 5000
MAX_MASKS: Final = 200
"""Of them by mask: each is looked at for everybody who logs in."""
TARGETS_AT_ONCE: Final = 100
"""Targets of one request."""
ROWS_AT_ONCE: Final = 500
"""Bans in one answer."""
FORGOTTEN_AFTER: Final = 3600.0
"""Seconds since a ban was over."""
FORGOTTEN_AT_ONCE: Final = 50
"""Bans that are forgotten in one tick."""


# What administrators ask for


def add(
    steps: Steps, request: AddBan, by: str, begin: Callable[[str], None], then: Callable[[Answer], None]
) -> None:
    """Keep all targets out, or none of them when one cannot be banned; end the sessions that they meet."""
    chat = steps.chat
    try:
        bans = _read_all(chat, request, by)
    except Wrong as wrong:
        then(Refused(wrong.code, str(wrong)))
        return
    begin(",".join(spelled(chat, ban) for ban in bans))
    for ban in bans:
        chat.enter(BanAdded(ban, chat.registry.bans.get(*ban.key)), None)
        _announce(chat, ban, banned=True)
    met: dict[Session, Ban] = {}
    added = Bans(bans)

    def look(session: Session) -> None:
        ban = meeting(chat, session, added)
        if ban is not None:
            met[session] = ban

    def looked() -> None:
        numbers = Counter(ban.key for ban in met.values())
        chat.when_stored(partial(_enforce, chat, bans, list(met)))
        rows = [{**_row(chat, ban), "sessions": numbers[ban.key]} for ban in bans]
        names = ", ".join(str(row["target"]) for row in rows)
        chat.later(partial(tell, chat, f"{by} banned {names} {until(bans[0].expires)}: {request.reason}"))
        then(Done(rows))

    steps.for_each(list(chat.sessions.values()), look, looked)


def remove(chat: Chat, request: RemoveBan, by: str) -> Answer:
    """Let all targets in again, or none of them when one is not banned."""
    found: dict[Ban, None] = {}
    for target in _named(request.targets):
        try:
            ban = chat.registry.bans.get(*read_target(chat, target))
        except Wrong as wrong:
            return Refused(wrong.code, str(wrong))
        if ban is None:
            return Refused("BAN_UNKNOWN", f"There is no ban of {target!r}: `ban list` shows those there are")
        found[ban] = None
    rows = [_row(chat, ban) for ban in found]
    for ban in found:
        lift(chat, ban)
    names = ", ".join(str(row["target"]) for row in rows)
    chat.later(partial(tell, chat, f"{by} lifted the ban of {names}"))
    return Done(rows)


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


def _named(targets: str) -> list[str]:
    """Return the targets of a request, each once."""
    return list(dict.fromkeys(target for target in targets.replace(" ", ",").split(",") if target))


def _read_all(chat: Chat, request: AddBan, by: str) -> Sequence[Ban]:
    """Return the bans that are asked for. Raises Wrong."""
    targets, bans = _named(request.targets), chat.registry.bans
    if not 1 <= len(targets) <= TARGETS_AT_ONCE:
        raise Wrong("TARGET_INVALID", f"Name 1 to {TARGETS_AT_ONCE} accounts, masks, addresses or networks")
    expires, now = ends(request.duration, chat.now.wall), chat.now.wall
    spared = administrators(chat)
    wanted = {
        ban.key: checked(chat, ban, spared)
        for ban in (Ban(*read_target(chat, one), request.reason, by, now, expires) for one in targets)
    }
    new = [ban for ban in wanted.values() if bans.get(*ban.key) is None]
    masks = sum(ban.kind == MASK for ban in new)
    if len(bans) + len(new) > MAX_BANS or bans.masks + masks > MAX_MASKS:
        text = f"There can be {MAX_BANS} bans, {MAX_MASKS} of them masks: remove some, or ban a whole network"
        raise Wrong("LIMIT_REACHED", text)
    return list(wanted.values())


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


# What bans do


def meeting(chat: Chat, session: Session, among: Bans | None = None) -> Ban | None:
    """Return the ban that a session meets (`among` those that are said), None where there is none."""
    if session.account is None:
        bans = chat.registry.bans if among is None else among
        return next(bans.of_address(session.address, chat.now.wall), None)
    nick = session.user.nick if session.user is not None else session.account.name
    return next(keeping_out(chat, session.account, nick, session.address, among), None)


def keeping_out(
    chat: Chat, account: Account, nick: str, address: str, among: Bans | None = None
) -> Iterator[Ban]:
    """Return the bans of somebody who logs in with this account, from an address ("" is nowhere)."""
    bans, now = chat.registry.bans if among is None else among, chat.now.wall
    names = dict.fromkeys([*called(account, nick), *((name, name) for name in account.former)])
    by_mask = (bans.of_source(one, name, chat.settings.server_name, now) for one, name in names)
    return chain(
        bans.of_account(account.id, now),
        bans.of_address(address, now) if address else (),
        chain.from_iterable(by_mask),
    )


def called(account: Account, nick: str) -> Iterator[tuple[str, str]]:
    """Return the nick with each name that the account has or had: masks for a former one still apply."""
    own = fold(nick) == account.folded
    for name in (account.name, *account.former):
        yield (name if own else nick), name


def turned_away(chat: Chat, session: Session, account: Account | None = None, nick: str = "") -> bool:
    """End a session that a ban meets, with the reason; return whether there was one.

    `account` is what it is about to log in to.
    """
    if account is None:
        ban = meeting(chat, session)
    else:
        ban = next(keeping_out(chat, account, nick or account.name, session.address), None)
    if ban is not None:
        _end(chat, session, ban)
        if account is not None:
            chat.count("logins.banned")
            chat.later(partial(chat.emit, LoginFailed(session.link, account.name, "a login", "banned")))
    return ban is not None


def _end(chat: Chat, session: Session, ban: Ban) -> None:
    """Tell the person why and until when; the others read only that it was a ban."""
    text = f"You are banned from this server {until(ban.expires)}"
    text += f": {ban.reason}" if ban.reason else ""
    server, at, nick = chat.settings.server_name, chat.now.wall, session.user.nick if session.user else "*"
    line = Line(server, num.ERR_YOUREBANNEDCREEP, (nick,), text, at)
    chat.later(partial(chat.fanout.send, session, line))
    chat.end(session, f"Closing Link: {server} (Banned)", "Banned")


def _enforce(chat: Chat, bans: Sequence[Ban], met: Sequence[Session]) -> None:
    """End the sessions that stored bans meet; others lose the powers that they have by a banned account."""
    accounts = {int(ban.target) for ban in bans if ban.kind == ACCOUNT}
    for session in list(chat.operators):
        if session.operator is not None and session.operator.id in accounts:
            lose_powers(chat, session)
    _end_some(chat, iter(met))


def _end_some(chat: Chat, rest: Iterator[Session]) -> None:
    """End the first of the sessions that a ban meets, and the others in later turns."""
    meets = (session for session in rest if not session.closed and meeting(chat, session) is not None)
    some = list(islice(meets, ENDED_AT_ONCE))
    for session in some:
        turned_away(chat, session)
    if len(some) == ENDED_AT_ONCE:
        chat.when_stored(partial(_end_some, chat, rest))


def detail(chat: Chat, request: AddBan) -> str:
    """Return what the audit log says of a ban besides whom it is for."""
    try:
        return f"{until(ends(request.duration, chat.now.wall))}: {request.reason}"
    except Wrong:
        return ""  # it will be refused


def lift(chat: Chat, ban: Ban) -> None:
    """Let a target in again."""
    chat.if_refused(partial(chat.later, partial(_end_since, chat, chat.now.wall)))
    chat.enter(BanRemoved(ban), None)
    _announce(chat, ban, banned=False)


def _end_since(chat: Chat, at: int) -> None:
    """End the sessions that a ban meets and that have come since then: it could not be lifted."""
    _end_some(chat, iter([session for session in chat.sessions.values() if session.login.at >= at]))


def forget(chat: Chat, account: Account) -> None:
    """Take away the ban of an account that is removed: nobody logs in to it."""
    ban = chat.registry.bans.get(ACCOUNT, str(account.id))
    if ban is not None:
        lift(chat, ban)


def _announce(chat: Chat, ban: Ban, *, banned: bool) -> None:
    """Tell the listeners."""
    if ban.kind == NETWORK:
        chat.emit(NetworkBanned(ban.target, banned))


def settle(chat: Chat) -> None:
    """Look which bans have ended, or are in force again since the wall clock was set back."""
    bans, (wall, mono) = chat.registry.bans, (chat.now.wall, chat.now.mono)
    forgotten: list[Ban] = []
    again: list[Ban] = []
    for ban in bans.temporary.values():
        over = bans.lapsed.get(ban.key)
        if ban.holds(wall):
            if over is not None:
                del bans.lapsed[ban.key]
                again.append(ban)
                chat.later(partial(_announce, chat, ban, banned=True))
        elif over is None:
            bans.lapsed[ban.key] = mono
            chat.later(partial(_announce, chat, ban, banned=False))
        elif mono - over >= FORGOTTEN_AFTER:
            forgotten.append(ban)
    for ban in forgotten[:FORGOTTEN_AT_ONCE]:
        chat.later(partial(lift, chat, ban))
    if again:
        chat.later(partial(_end_met, chat, Bans(again)))


def _end_met(chat: Chat, again: Bans) -> None:
    """End the sessions that came in while the clock said that these bans were over."""
    met: list[Session] = []

    def look(session: Session) -> None:
        if meeting(chat, session, again) is not None:
            met.append(session)

    Steps(chat).for_each(list(chat.sessions.values()), look, lambda: _end_some(chat, iter(met)))
