"""Who founds channels: how many, how fast, and to whom a channel belongs afterwards."""

from securechat.chat.records import FounderSet
from securechat.chat.rules import shares, storing
from securechat.chat.rules.mode_draft import Draft
from securechat.chat.shares import CHANNELS, FOUNDINGS
from securechat.chat.state.account import Account
from securechat.chat.state.channel import Channel
from securechat.chat.turn.chat import Chat
from securechat.chat.turn.context import Context


def no_more(chat: Chat, account: Account) -> str | None:
    """Return what to tell somebody who has as many channels as one may; None when there is room."""
    return shares.reached(chat, account, CHANNELS, chat.registry.founded[account.id])


def found(chat: Chat, account: Account) -> str | None:
    """Return why an account cannot found a channel now; None when it can, and that is counted."""
    text = no_more(chat, account)
    if text is None:
        text = shares.spend(chat, account, FOUNDINGS, account.spent.channels)
    if text is None:
        storing.note(chat, account)
    return text


def founded_by(chat: Chat, account: Account) -> list[Channel]:
    """Return the channels of which an account is the founder."""
    if not chat.registry.founded[account.id]:
        return []
    return [channel for channel in chat.registry.channels.values() if channel.founder == account.id]


def members_of(chat: Chat, channel: Channel, account: Account) -> list[int]:
    """Return the ids under which an account is in a channel: each session may be a user of its own."""
    users = [account.id, *(user.id for user in chat.registry.users_of(account))]
    return [user for user in dict.fromkeys(users) if user in channel.members]


def hand_over(chat: Chat, channel: Channel, founder: Account | None, by: str, ctx: Context | None) -> None:
    """Let a channel be somebody else's, or nobody's: administrators look after it then.

    The rank q goes from the one to the other; who is no member gets it with the next JOIN. `by` is the nick
    of who does it.
    """
    previous, new = channel.founder, founder.id if founder is not None else None
    if previous == new:
        return
    chat.enter(FounderSet((channel.id,), new, previous), ctx)
    draft = Draft(channel)
    for account in (None if previous is None else chat.registry.accounts[previous], founder):
        for user in [] if account is None else members_of(chat, channel, account):
            online = chat.registry.users.get(user)
            nick = online.nick if online is not None else chat.registry.accounts[user].name
            draft.rank(user, "q", nick, adding=account is founder)
    moved = draft.record(chat.next_id(), chat.now.wall, by)
    if moved is not None:
        chat.enter(moved, ctx)
