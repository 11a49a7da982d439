"""Bans from the whole server: what they mean for who is here and who comes.

Theory of operation. A ban is by account, by mask of nick!account@server, or by network. The listeners know
the networks and refuse connections before they cost anything (`effects.NetworkBanned`). What an account and a
mask keep out is said after the password was right, and not before: that tells only its owner anything. When a
ban is stored, whoever it meets ends, a few sessions in each turn.

A ban that has ended is not in force any more at once. It is forgotten when it has been over for an hour of
the monotonic clock: a wall clock that was wrong for a while forgets nothing. Thousands may end in one second,
so a turn looks at some of them.
"""

from collections.abc import Iterator
from functools import partial
from itertools import chain, islice, takewhile
from typing import Final

from securechat.chat.effects import LoginFailed, NetworkBanned
from securechat.chat.line import Line
from securechat.chat.records import Ban, BanRemoved
from securechat.chat.rules.banning import until
from securechat.chat.rules.operators import end_each, lose_powers
from securechat.chat.state.account import Account
from securechat.chat.state.bans import ACCOUNT, NETWORK, Bans
from securechat.chat.state.session import Session
from securechat.chat.turn.chat import Chat
from securechat.chat.turn.steps import Steps
from securechat.irc import numerics as num
from securechat.irc.names import fold

FORGOTTEN_AFTER: Final = 3600.0
"""Seconds since a ban was over."""
FORGOTTEN_AT_ONCE: Final = 50
"""Bans that are forgotten in one tick."""
ANNOUNCED_AT_ONCE: Final = 100
"""Networks of which the listeners are told in one turn."""


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


def enforce(chat: Chat, bans: Bans) -> None:
    """End the sessions that stored bans meet; others lose the powers that they have by a banned account.

    They are looked for in steps that are nobody's: whoever asked for the bans may be gone by then.
    """
    for session in list(chat.operators):
        if session.operator is not None and bans.get(ACCOUNT, str(session.operator.id)) is not None:
            lose_powers(chat, session)
    _end_all(chat, bans)


def _end_met(chat: Chat, met: Iterator[Session]) -> None:
    """End those of the sessions that a ban meets still, a few in each turn."""
    still = (session for session in met if meeting(chat, session) is not None)
    end_each(chat, still, lambda session: turned_away(chat, session))


def lift(chat: Chat, ban: Ban) -> None:
    """Let a target in again."""
    chat.if_refused(partial(chat.later, partial(_end_since, chat, chat.now.wall)))
    chat.enter(BanRemoved(ban), None)
    announce(chat, ban, banned=False)


def _end_since(chat: Chat, at: int) -> None:
    """End the sessions that a ban meets and that have come since then: it could not be lifted."""
    _end_met(chat, iter([session for session in chat.sessions.values() if session.login.at >= at]))


def forget(chat: Chat, account: Account) -> None:
    """Take away the ban of an account that is removed: nobody logs in to it."""
    ban = chat.registry.bans.get(ACCOUNT, str(account.id))
    if ban is not None:
        lift(chat, ban)


def announce(chat: Chat, ban: Ban, *, banned: bool) -> None:
    """Tell the listeners."""
    if ban.kind == NETWORK:
        chat.emit(NetworkBanned(ban.target, banned))


def settle(chat: Chat) -> None:
    """See which bans have ended, or are in force again since the wall clock was set back."""
    bans, wall, mono = chat.registry.bans, chat.now.wall, chat.now.mono
    lapsed = bans.lapsed
    over = takewhile(lambda since: mono - since[1] >= FORGOTTEN_AFTER, lapsed.items())
    for key, _ in islice(over, FORGOTTEN_AT_ONCE):
        chat.later(partial(_forget_over, chat, bans.temporary[key]))
    changed = [ban for key, ban in bans.temporary.items() if (ban.expires <= wall) != (key in lapsed)]
    if changed and not bans.settling:
        bans.settling = True
        chat.later(partial(_settle, chat, iter(changed), []))


def _settle(chat: Chat, changed: Iterator[Ban], again: list[Ban]) -> None:
    """Tell the listeners of some of the bans that have changed, and of the others in turns to come.

    `again` are those that are in force again.
    """
    bans = chat.registry.bans
    for ban in islice(changed, ANNOUNCED_AT_ONCE):
        holds = ban.holds(chat.now.wall)
        if bans.temporary.get(ban.key) is not ban or holds != (ban.key in bans.lapsed):
            continue  # it was lifted since, or the clock was set again
        if holds:
            del bans.lapsed[ban.key]
            again.append(ban)
        else:
            bans.lapsed[ban.key] = chat.now.mono
        announce(chat, ban, banned=holds)
    if (rest := next(changed, None)) is not None:
        chat.when_stored(partial(_settle, chat, chain([rest], changed), again))
        return
    bans.settling = False
    if again:
        _end_all(chat, Bans(again))  # who came in while the clock said that they were over


def _forget_over(chat: Chat, ban: Ban) -> None:
    if chat.registry.bans.get(*ban.key) is ban:
        lift(chat, ban)


def _end_all(chat: Chat, bans: Bans) -> None:
    """End the sessions that these bans meet, in as many turns as that takes."""
    met: list[Session] = []

    def look(session: Session) -> None:
        if meeting(chat, session, bans) is not None:
            met.append(session)

    Steps(chat).for_each(list(chat.sessions.values()), look, lambda: _end_met(chat, iter(met)))
