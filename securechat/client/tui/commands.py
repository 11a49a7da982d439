"""What a person can type that begins with a slash. Nothing of the kind is ever sent as text, unless it begins
with two.
"""

from collections.abc import Mapping
from typing import Final

from securechat.client.protocol.sendable import check_target, sendable
from securechat.client.tui import own_commands
from securechat.client.tui.entries import Delivery, Post
from securechat.client.tui.language import _, later
from securechat.client.tui.settings import CHOICES, THEMES
from securechat.client.tui.window import Command, Misused, Window, channel_and_rest, chosen_post, somewhere
from securechat.irc.names import is_channel


def enter(window: Window, text: str, answers: str = "", edits: str = "") -> None:
    """Do what a person entered. Raises Misused and Refused: then nothing of it was done."""
    if not text.startswith("/") or text.startswith("//"):
        said = text[1:] if text.startswith("//") else text
        window.write(somewhere(window).name, said, answers, edits)
        return
    name, _space, argument = text[1:].partition(" ")
    command = COMMANDS.get(name.lower())
    if command is None:
        raise Misused(
            _("Unknown command /{name}. F1 lists the commands; // sends a slash.").format(name=name)
        )
    try:
        command.run(window, argument.strip(" "))
    except Misused as error:
        usage = _("Usage: /{name} {arguments}").format(name=name, arguments=_(command.arguments)).rstrip()
        raise Misused(str(error) or usage) from None


def _join(window: Window, argument: str) -> None:
    words = argument.split(" ")
    if not words[0] or len(words) > 2:
        raise Misused
    channel = check_target(words[0] if is_channel(words[0]) else f"#{words[0]}")
    window.join(channel, *map(check_target, words[1:]))


def _part(window: Window, argument: str) -> None:
    if not argument and not window.chat.current.is_channel and window.chat.current.name:
        window.part(window.chat.current.name, "")
        return
    channel, reason = channel_and_rest(window, argument)
    window.part(channel, sendable(reason))


def _msg(window: Window, argument: str) -> None:
    target, _space, text = argument.partition(" ")
    if not text.strip():
        raise Misused
    window.write(check_target(target), text)


def _query(window: Window, argument: str) -> None:
    if not argument or " " in argument:
        raise Misused
    window.show(check_target(argument))


def _me(window: Window, argument: str) -> None:
    if not argument:
        raise Misused
    window.write(somewhere(window).name, f"\x01ACTION {sendable(argument)}\x01")


def _topic(window: Window, argument: str) -> None:
    channel, text = channel_and_rest(window, argument)
    window.request("TOPIC", channel, *((sendable(text),) if text else ()))


def _names(window: Window, argument: str) -> None:
    window.members()


def _who(window: Window, argument: str) -> None:
    if argument:
        window.request("WHOIS", check_target(argument))
    else:
        window.members()


def _list(window: Window, argument: str) -> None:
    window.request("LIST", *((check_target(argument),) if argument else ()))


def _invite(window: Window, argument: str) -> None:
    nick, _space, channel = argument.partition(" ")
    if not nick:
        raise Misused
    window.request("INVITE", check_target(nick), channel_and_rest(window, channel)[0])


def _kick(window: Window, argument: str) -> None:
    channel, rest = channel_and_rest(window, argument)
    nick, _space, reason = rest.partition(" ")
    if not nick:
        raise Misused
    window.request("KICK", channel, check_target(nick), *((sendable(reason),) if reason else ()))


def _ban(window: Window, argument: str) -> None:
    _change_mode(window, argument, "+b")


def _unban(window: Window, argument: str) -> None:
    _change_mode(window, argument, "-b")


def _change_mode(window: Window, argument: str, mode: str) -> None:
    channel, mask = channel_and_rest(window, argument)
    if not mask and mode == "-b":
        raise Misused
    window.request("MODE", channel, mode, *((check_target(mask),) if mask else ()))


def _mode(window: Window, argument: str) -> None:
    channel, changes = channel_and_rest(window, argument)
    window.request("MODE", channel, *map(check_target, changes.split()))


def _search(window: Window, argument: str) -> None:
    if not argument:
        raise Misused
    window.search(sendable(argument))


def _reply(window: Window, argument: str) -> None:
    if not argument:
        raise Misused
    window.write(somewhere(window).name, argument, answers=chosen_post(window, own=None).id)


def _react(window: Window, argument: str) -> None:
    if not argument:
        raise Misused
    place, post = somewhere(window), chosen_post(window, own=False)
    mine = window.chat.me in post.reactions.get(argument, ())
    tag = "+draft/unreact" if mine else "+draft/react"
    window.signal(place.name, {tag: argument, "+draft/reply": post.id})


def _edit(window: Window, argument: str) -> None:
    post = chosen_post(window, own=True)
    if not argument:
        raise Misused
    if not post.own:
        raise Misused(_("Only your own messages can be changed"))
    window.write(somewhere(window).name, argument, edits=post.id)


def _delete(window: Window, argument: str) -> None:
    post = chosen_post(window, own=True)
    reason = (sendable(argument),) if argument else ()
    window.request("REDACT", somewhere(window).name, post.id, *reason)


def _unread(window: Window, argument: str) -> None:
    window.chat.unread_from(chosen_post(window, own=False))


def _nick(window: Window, argument: str) -> None:
    window.request("NICK", check_target(argument))


def _away(window: Window, argument: str) -> None:
    window.request("AWAY", *((sendable(argument),) if argument else ()))


def _device(window: Window, argument: str) -> None:
    match argument.split():
        case []:
            window.device.show()
        case ["yes"]:
            window.device.enrol("")
        case ["yes", *code]:
            window.device.enrol(check_target("".join(code)))
        case ["no"]:
            window.device.decline()
        case _:
            raise Misused


def _theme(window: Window, argument: str) -> None:
    if argument not in THEMES:
        raise Misused(_("The themes are {themes}").format(themes=", ".join(THEMES)))
    window.choose("theme", argument)


def _set(window: Window, argument: str) -> None:
    name, _space, value = argument.partition(" ")
    if not name:
        lines = [f"{name}: {', '.join(values)}" for name, values in CHOICES.items()]
        window.chat.note("\n".join(lines))
    else:
        window.choose(name, value.strip(" "))


def _retry(window: Window, argument: str) -> None:
    if not any(isinstance(e, Post) and e.delivery is Delivery.REFUSED for e in window.chat.current.entries):
        raise Misused(_("No message was refused here"))
    window.retry()


def _help(window: Window, argument: str) -> None:
    window.explain()


def _reconnect(window: Window, argument: str) -> None:
    window.again()


def _server(window: Window, argument: str) -> None:
    match argument.split():
        case []:
            window.servers.tell()
        case ["close", *name] if len(name) < 2:
            window.servers.close("".join(name))
        case [name]:
            window.servers.open(name)
        case _:
            raise Misused


def _quit(window: Window, argument: str) -> None:
    window.leave(sendable(argument))


COMMANDS: Final[Mapping[str, Command]] = {
    "join": Command(later("#CHANNEL [KEY]"), later("enter a channel"), _join),
    "part": Command(later("[#CHANNEL] [REASON]"), later("leave a channel, or close a conversation"), _part),
    "msg": Command(later("NAME TEXT"), later("send a message to a person or channel"), _msg),
    "query": Command(later("NAME"), later("open a conversation with a person"), _query),
    "me": Command(later("TEXT"), later("say what you do"), _me),
    "topic": Command(later("[#CHANNEL] [TEXT]"), later("show the topic, or set it"), _topic),
    "who": Command(later("[NAME]"), later("show who is here, or who somebody is"), _who),
    "whois": Command(later("NAME"), later("show who somebody is"), _who),
    "names": Command("", later("show who is here"), _names),
    "list": Command(later("[#CHANNEL]"), later("show which channels there are"), _list),
    "invite": Command(later("NAME [#CHANNEL]"), later("invite somebody to a channel"), _invite),
    "kick": Command(later("[#CHANNEL] NAME [REASON]"), later("put somebody out of a channel"), _kick),
    "ban": Command(later("[#CHANNEL] [MASK]"), later("ban somebody from a channel, or list the bans"), _ban),
    "unban": Command(later("[#CHANNEL] MASK"), later("lift a ban"), _unban),
    "mode": Command(
        later("[#CHANNEL] [CHANGES]"), later("show the modes of a channel, or change them"), _mode
    ),
    "search": Command(
        later("WORDS"), later('find messages: words, "phrases", in:#channel, from:name'), _search
    ),
    "reply": Command(later("TEXT"), later("answer the selected message, or the last one"), _reply),
    "react": Command(later("EMOJI"), later("react to the selected message, or take that back"), _react),
    "edit": Command(later("TEXT"), later("change your selected message, or your last one"), _edit),
    "delete": Command(later("[REASON]"), later("take back your selected message, or your last one"), _delete),
    "device": Command(
        later("[yes [CODE] | no]"), later("log in from this computer without your password"), _device
    ),
    "pin": Command("", later("pin the selected message, or the last one"), own_commands.pin),
    "unpin": Command("", later("take the pin off"), own_commands.unpin),
    "pins": Command(later("[#CHANNEL]"), later("show what is pinned"), own_commands.pins),
    "unread": Command("", later("count the selected message, and all after it, as new again"), _unread),
    "retry": Command("", later("send again what was refused here"), _retry),
    "mute": Command("", later("let this conversation not notify you, or let it again"), own_commands.mute),
    "notify": Command(
        "all | mentions | nothing | auto | osc9 | osc777 | bell | off",
        later("choose what of this conversation notifies you, or how you are notified"),
        own_commands.notify,
    ),
    "ignore": Command(
        later("[NAME]"), later("see nothing more of what somebody says, or list whom"), own_commands.ignore
    ),
    "unignore": Command(later("NAME"), later("see again what they say"), own_commands.unignore),
    "nick": Command(later("NAME"), later("change your nick"), _nick),
    "away": Command(
        later("[TEXT]"), later("say that you are away, or without a text that you are back"), _away
    ),
    "theme": Command("dark | light | ansi-dark | ansi-light", later("change the colours"), _theme),
    "set": Command(later("[NAME VALUE]"), later("show the settings, or change one"), _set),
    "help": Command("", later("show the keys and commands"), _help),
    "reconnect": Command("", later("make a new connection"), _reconnect),
    "server": Command(
        later("[NAME | LINK | close [NAME]]"), later("show a server, open another one, or close one"), _server
    ),
    "quit": Command(later("[REASON]"), later("end the program"), _quit),
}
