"""Commands about people and channels: who is there, and who may be."""

from collections.abc import Mapping
from typing import Final

from securechat.client.plain.command import Chat, Command, Misused, channel_and_rest, one_word
from securechat.client.protocol.sendable import check_target, sendable
from securechat.irc.names import is_channel

_OF_A_MASK: Final = frozenset("!@*?$")


def _who(chat: Chat, argument: str) -> None:
    whom = one_word(argument) if argument else chat.target
    if not whom:
        raise Misused
    chat.ask("WHO", whom)


def _whois(chat: Chat, argument: str) -> None:
    chat.ask("WHOIS", one_word(argument))


def _list(chat: Chat, argument: str) -> None:
    chat.ask("LIST", *((one_word(argument),) if argument else ()))


def _query(chat: Chat, argument: str) -> None:
    name, _, text = argument.partition(" ")
    if not name:
        raise Misused
    target = check_target(name)
    if is_channel(target) and not chat.is_in(target):
        raise Misused(f"You are not in {target}: /join {target}")
    chat.aim(target)
    if text.strip():
        chat.say(target, text.strip(" "))
    else:
        chat.tell(f"* Your text goes to {target} from now on.")


def _invite(chat: Chat, argument: str) -> None:
    name, _, channel = argument.partition(" ")
    if not name or " " in channel.strip():
        raise Misused
    channel, _ = channel_and_rest(chat, channel.strip())
    chat.ask("INVITE", check_target(name), channel)


def _kick(chat: Chat, argument: str) -> None:
    channel, rest = channel_and_rest(chat, argument)
    name, _, reason = rest.partition(" ")
    if not name:
        raise Misused
    chat.ask("KICK", channel, check_target(name), *((sendable(reason),) if reason.strip() else ()))


def _ban(chat: Chat, argument: str) -> None:
    channel, name = channel_and_rest(chat, argument)
    chat.ask("MODE", channel, "+b", *((_mask(name),) if name else ()))


def _unban(chat: Chat, argument: str) -> None:
    channel, name = channel_and_rest(chat, argument)
    if not name:
        raise Misused
    chat.ask("MODE", channel, "-b", _mask(name))


def _mask(name: str) -> str:
    """A mask as it is, and for a name one that means whoever has it."""
    name = one_word(name)
    return name if _OF_A_MASK & set(name) else f"{name}!*@*"


def _mode(chat: Chat, argument: str) -> None:
    channel, changes = channel_and_rest(chat, argument)
    chat.ask("MODE", channel, *map(check_target, changes.split()))


def _nick(chat: Chat, argument: str) -> None:
    chat.ask("NICK", one_word(argument))


def _away(chat: Chat, argument: str) -> None:
    chat.ask("AWAY", *((sendable(argument),) if argument else ()))


COMMANDS: Final[Mapping[str, Command]] = {
    "query": Command("NAME [TEXT]", "talk with one person from now on, or go back to a channel", _query),
    "who": Command("[#CHANNEL | NAME]", "show who is here, and whether away", _who),
    "whois": Command("NAME", "show who somebody is", _whois),
    "list": Command("[MASK]", "show the channels", _list),
    "invite": Command("NAME [#CHANNEL]", "invite somebody", _invite),
    "kick": Command("[#CHANNEL] NAME [REASON]", "put somebody out", _kick),
    "ban": Command("[#CHANNEL] [NAME | MASK]", "keep somebody out; show who is", _ban),
    "unban": Command("[#CHANNEL] NAME | MASK", "let somebody in again", _unban),
    "mode": Command("[#CHANNEL] [MODES]", "show the modes of a channel, or change them", _mode),
    "nick": Command("NAME", "call yourself something else", _nick),
    "away": Command("[TEXT]", "say that you are away, or (without a text) back", _away),
}
