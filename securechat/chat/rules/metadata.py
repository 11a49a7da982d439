"""What people and channels say of themselves, for programs (https://ircv3.net/specs/extensions/metadata).

A *target* is a channel's id, or minus an account's. A session's subscriptions end with it.
"""

from securechat.chat.lines.metadata import audience_of, line
from securechat.chat.records import MetadataForgotten, Personal
from securechat.chat.state.session import Session, User
from securechat.chat.turn.chat import Chat
from securechat.chat.turn.context import Context


def tell_watchers(chat: Chat, user: User) -> None:
    """Tell those who watch somebody who has come online what they subscribed to."""
    values = sorted(chat.registry.metadata.get(-user.account.id, {}).items())
    watchers: dict[frozenset[str], list[Session]] = {}
    for session in chat.registry.monitors.watching(user.nick) if values else ():
        watchers.setdefault(session.subscriptions, []).append(session)
    for keys, sessions in watchers.items():
        audience = audience_of(sessions)
        for key, value in values:
            if key in keys:
                chat.fanout.broadcast(audience, line(chat.registry, user.nick, key, value, chat.now.wall))


def forget(chat: Chat, target: int, origin: Context | None) -> None:
    """Take everything away that is said of a target, which is about to go.

    Nobody is told of each key: that the target goes says it all.
    """
    values = tuple(chat.registry.metadata.get(target, {}).items())
    personal = tuple(
        Personal(account, of, key, value)
        for account, targets in chat.registry.personal.items()
        if target == -account or target in targets
        for of, said in (targets.items() if target == -account else [(target, targets[target])])
        for key, value in said.items()
    )
    if values or personal:
        chat.enter(MetadataForgotten(target, values, personal), origin)
