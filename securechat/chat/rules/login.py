"""From a connection to a user: proving an account, completing registration, the way in and the way out.

Nobody gets in without an account. A name that does not exist, one that is disabled and a wrong password take
the same path: the same delays, the same queue, the same hashing, the same bytes.
"""

import re
from collections.abc import Callable

from securechat.chat.effects import LoggedIn
from securechat.chat.items import Connected
from securechat.chat.jobs import PasswordChecked
from securechat.chat.line import by_operator
from securechat.chat.lines import presence as presence_lines
from securechat.chat.lines.announcements.channels import show_ranks
from securechat.chat.records import LoginRemembered, PasswordSet
from securechat.chat.reserved import is_reserved
from securechat.chat.rules import bans, devices, held, presence, replay, welcome, words
from securechat.chat.rules.arrival import show_channels
from securechat.chat.rules.autojoin import join_session
from securechat.chat.rules.failures import Failure, Reason, Way, note
from securechat.chat.rules.operators import tell
from securechat.chat.rules.proof import failed_exchange, prove
from securechat.chat.rules.shares import no_place
from securechat.chat.state.account import Account
from securechat.chat.state.channel import Channel
from securechat.chat.state.registration import Registration
from securechat.chat.state.session import Login, Session, User
from securechat.chat.state.throttle import known_network
from securechat.chat.tokens import digest, is_token
from securechat.chat.turn.chat import Chat
from securechat.chat.turn.context import Context, do_next
from securechat.irc import numerics as num
from securechat.irc.names import InvalidName, check_account, fold

MAX_LINES_BEFORE_LOGIN = 30
SESSION_NAME = re.compile(r"[A-Za-z0-9._-]{1,32}")
WRONG_SESSION_NAME = "After the @ stands a name for this session: up to 32 letters, digits, . _ or - (ASCII)"


def authenticate(
    ctx: Context,
    way: Way,
    name: str,
    password: str,
    refused: Callable[[Context, str], None],
    succeeded: Callable[[Context], None],
) -> None:
    """Check a name and a password.

    The session is logged in and `succeeded` called, or `refused` with the reason. With `alice@laptop` it is
    alice who logs in, and the session is called laptop.
    """
    account_name, own = _split(name)
    if own is None:
        refused(ctx, WRONG_SESSION_NAME)
    elif is_token(password):
        _authenticate_device(ctx, way, account_name, own, digest(password), refused, succeeded)
    else:

        def proved(account: Account, result: PasswordChecked) -> None:
            _let_in(ctx, account, own, None, succeeded, result.rehash)

        prove(ctx, way, account_name, password, refused, proved)


def authenticate_by_certificate(
    ctx: Context, name: str, refused: Callable[[Context, str], None], succeeded: Callable[[Context], None]
) -> None:
    """Log in with the certificate that the connection has shown; `name` is the account's, or ""."""
    account_name, own = _split(name)
    key = ctx.registration.certificate
    if own is None:
        refused(ctx, WRONG_SESSION_NAME)
    else:
        assert key is not None, "the mechanism is for who has shown a certificate"
        _authenticate_device(ctx, Way.EXTERNAL, account_name, own, key, refused, succeeded)


def connected(chat: Chat, session_id: int, item: Connected) -> None:
    """Begin with a connection; one from a network that was banned at this moment has come too late."""
    session = Session(session_id, item.link, item.address, item.certificate)
    chat.sessions[item.link] = session
    bans.turned_away(chat, session)


def _split(name: str) -> tuple[str, str | None]:
    """Return the account's name and the session's own, which is None when it is no such name."""
    account_name, at, own = name.partition("@")
    return account_name, None if at and not SESSION_NAME.fullmatch(own) else own


def _authenticate_device(
    ctx: Context,
    way: Way,
    name: str,
    own: str,
    key: str,
    refused: Callable[[Context, str], None],
    succeeded: Callable[[Context], None],
) -> None:
    """Log in by a device's key. It cannot be guessed, so nothing is hashed and nothing is delayed."""
    found = devices.find(ctx.chat, key)
    if found is None or (name and ctx.registry.account_known_as(name) is not found[1]):
        note(ctx.chat, Failure(ctx.session, way, name, Reason.DEVICE))
        refused(ctx, "Wrong account name or password" if way is not Way.EXTERNAL else "No such device")
        failed_exchange(ctx)
        return
    device, account = found
    _let_in(ctx, account, own or device.name, key, succeeded)
    ctx.chat.later(lambda: devices.used(ctx.chat, key))


def _let_in(
    ctx: Context,
    account: Account,
    own: str,
    device: str | None,
    succeeded: Callable[[Context], None],
    rehash: str | None = None,
) -> None:
    """Log a session in that proved an account, if that is not banned and may have one more."""
    if bans.turned_away(ctx.chat, ctx.session, account):
        return
    full = no_place(ctx.chat, account)
    if full is not None:
        ctx.server("FAIL", "*", "LIMIT_REACHED", text=full)
        ctx.chat.end(ctx.session, full, "Too many sessions")
        return
    accepted(ctx, account, own, device, rehash)
    succeeded(ctx)


def accepted(
    ctx: Context, account: Account, own: str = "", device: str | None = None, rehash: str | None = None
) -> None:
    """The session proved the account; its own name is `own`, `device` the key of the device that did it.

    `rehash` is a hash of the password with current parameters.
    """
    chat, session = ctx.chat, ctx.session
    session.account = account
    chat.places.take(account)
    session.login = Login(own, chat.now.wall, device)
    chat.count("logins.ok")
    chat.emit(LoggedIn(session.link, account.id, account.name))
    checked, awaited = account.phc, chat.registry.boxes.total(account.id) > 0
    chat.later(lambda: remember(chat, account, session.address, checked, rehash, awaited))


def remember(
    chat: Chat, account: Account, address: str, checked: str | None, rehash: str | None, awaited: bool
) -> None:
    """Store where and when the login came, and a hash with current parameters.

    Once a day, or when messages waited (`awaited`): these are counted from the last login on. In an outcome
    of its own: a full disk must keep nobody out.
    """
    now, network = chat.now.wall, known_network(address)
    at = account.sources.get(network)
    if awaited or at is None or now - at > 24 * 3600 * 1000:
        chat.enter(LoginRemembered(account.id, network, now, tuple(account.sources.items())), None)
    if rehash is not None and checked is not None and account.phc == checked:
        chat.enter(PasswordSet(account.id, rehash, checked, now, rehash=True), None)


def says_too_much(chat: Chat, session: Session, said: Registration) -> bool:
    """Count a line before the login; end the session when there were too many."""
    said.lines += 1
    if said.lines <= MAX_LINES_BEFORE_LOGIN:
        return False
    chat.count("refusals.lines_before_login")
    chat.end(session, "Too many lines before the login", "Too many lines before the login")
    return True


def complete(ctx: Context) -> None:
    """Complete the registration if everything is there for it: NICK, USER, the end of CAP, and an account."""
    session, said = ctx.session, ctx.session.registration
    if said is None or said.negotiating or said.nick is None or said.realname is None:
        return
    if said.sasl is not None:
        # "If the client completes registration while the SASL authentication is still in progress, the server
        # SHOULD abort it and send a 906 numeric."
        said.sasl = None
        ctx.numeric(num.ERR_SASLABORTED, text="SASL authentication aborted")
    if session.account is None:
        text = "This server is for people with an account: log in with SASL PLAIN"
        ctx.server("FAIL", "*", "ACCOUNT_REQUIRED", text=text)
        ctx.chat.end(session, text, "No account")
        return
    if not session.account.usable:
        ctx.chat.end(session, "This account cannot log in any more", "Account disabled")
        return
    if held.is_due(session, session.account):
        held.hold(ctx, session.account, MAX_LINES_BEFORE_LOGIN)
        return
    come_in(ctx, session.account, said.nick, said.realname)


def come_in(ctx: Context, account: Account, wanted: str, realname: str) -> None:
    """Let the session be (one of) its user's: the welcome, and the channels the account is in."""
    chat, registry, session = ctx.chat, ctx.registry, ctx.session
    if chat.settings.nicknames == "account":
        user_id, nick = account.id, account.name
        online = registry.users.get(user_id)
        nick = online.nick if online is not None else nick
    else:
        wanted = wanted or account.name
        problem = nick_problem(ctx, wanted, None)
        if problem is not None:
            ctx.registration.nick = None
            ctx.numeric(*problem[:2], text=problem[2])
            return
        if bans.turned_away(chat, session, account, wanted):
            return
        user_id, nick = -session.id, wanted
    session.active, welcomed = chat.now.mono, ctx.registration.held
    replay.came(chat, session, account)
    arrived = chat.ids.last
    first = registry.attach(session, account, user_id, nick, realname, chat.now.wall)
    user = registry.users[user_id]
    presence.update_away(chat, user, announce=not first)
    if first:
        presence.tell_here(chat, user)
    tell(chat, f"{user.nick} ({account.name}) logged in from {session.address}")
    for line in welcome.burst(ctx) if welcomed != user.nick else ():
        ctx.reply(line)
    if chat.settings.nicknames == "account":
        replay.catch_up(ctx, account, arrived)
        show_channels(ctx, user)
    else:
        # In outcomes of their own: a full disk must keep nobody out.
        do_next(chat, session, join_session, lambda then: replay.catch_up(then, account, arrived))
    ctx.for_each(registry.channels_of(user_id) if first else (), lambda channel: show_in(ctx, channel))


def show_in(ctx: Context, channel: Channel) -> None:
    """Show the others in a channel that the session's user, who is a member, has come online."""
    chat, user = ctx.chat, ctx.user
    if user.id not in channel.members:
        return  # it has left meanwhile
    joined = presence_lines.joined(user, channel.name, chat.now.wall)
    witnesses = chat.registry.witnesses(channel, user.id)
    chat.fanout.others(witnesses, joined, ctx.session)
    presence_lines.show_away(chat.fanout, witnesses, user, chat.now.wall)
    show_ranks(chat.fanout, chat.registry, channel, user, chat.now.wall)


def leave(chat: Chat, session: Session, reason: str, taken: float | None) -> None:
    """Take a session away; the others see QUIT when it was its user's last one.

    `taken` is the monotonic time up to which its peer can have taken anything, None for now.
    """
    user = session.user
    if user is None:
        return
    tell(chat, f"{user.nick} ({user.account.name}) at {session.address} has gone: {reason}")
    peers = chat.registry.peers(user) if len(user.sessions) == 1 else user.audience
    if user.id < 0:  # its memberships end with it
        chat.emptied.update(chat.registry.memberships.get(user.id, ()))
    operator = user.operator
    if chat.registry.detach(session):
        line = user.line("QUIT", (), reason, chat.now.wall)
        chat.fanout.others(peers, by_operator(line) if operator else line, session)
        presence.departed(chat, user, session)
    else:
        presence.update_away(chat, user)
    replay.went(chat, user.account, session, taken)


def nick_problem(
    ctx: Context, nick: str, user: User | None, account: Account | None = None
) -> tuple[str, str, str] | None:
    """Return why `nick` cannot be a user's own nick in "free" mode; the account is the session's unless told.

    (numeric, nick, text), or None when it can.
    """
    account = account or ctx.session.account
    try:
        check_account(nick)
    except InvalidName as error:
        return num.ERR_ERRONEUSNICKNAME, nick, str(error)
    unwanted = words.name_refusal(ctx, nick)
    if unwanted is not None and (account is None or fold(nick) != account.folded):
        return num.ERR_ERRONEUSNICKNAME, nick, unwanted
    if is_reserved(nick):
        return num.ERR_NICKNAMEINUSE, nick, "Nickname is the server's own, or looks like one of these"
    other = ctx.registry.user_like(nick)
    if other is not None and other is not user:
        return num.ERR_NICKNAMEINUSE, nick, "Nickname is already in use, or looks like one that is"
    owner = ctx.registry.account_like(nick)
    if owner is not None and owner is not account:
        return num.ERR_NICKNAMEINUSE, nick, "Nickname belongs to another account, or looks like its name"
    return None
