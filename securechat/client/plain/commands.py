"""What a person can type in the plain client: text for the current channel, or a command from the table."""

from collections.abc import Mapping
from typing import Final

from securechat.client.errors import Refused
from securechat.client.kept.choices import NAMES, OFF
from securechat.client.plain import message_commands, people_commands
from securechat.client.plain.command import Chat, Command, Misused, channel_and_rest, one_word
from securechat.client.protocol.sendable import check_target, sendable
from securechat.irc.names import is_channel


def enter(chat: Chat, text: str) -> None:
    """Do what a person entered. Nothing that begins with a single slash is ever sent as text."""
    if text.strip() == "exit":
        chat.leave("")
        return
    if not text.startswith("/") or text.startswith("//"):
        _say(chat, text[1:] if text.startswith("//") else text)
        return
    name, _, argument = text[1:].partition(" ")
    command = COMMANDS.get(name.lower())
    try:
        if command is None:
            raise Misused(
                f"Unknown command /{name}. /help lists the commands; a text that begins with // is sent."
            )
        command.run(chat, argument.strip(" "))
    except Misused as error:
        usage = f"Usage: /{name} {command.arguments}" if command is not None else ""
        chat.refuse(f"* {error}" if str(error) else f"* {usage}")
    except Refused as error:
        chat.refuse(f"* {error}")


def _say(chat: Chat, text: str) -> None:
    if not text.strip():
        return
    if chat.target:
        chat.say(chat.target, text)
    else:
        chat.refuse("* You are in no channel, so nobody would read this. Enter one with /join #name")


def _join(chat: Chat, argument: str) -> None:
    name, *key = argument.split()[:3] if argument else ("",)
    if not name or len(key) > 1:
        raise Misused
    channel = check_target(name if is_channel(name) else f"#{name}")
    chat.ask("JOIN", channel, *map(check_target, key), then=lambda: chat.aim(channel))


def _part(chat: Chat, argument: str) -> None:
    channel, reason = channel_and_rest(chat, argument)
    chat.ask("PART", channel, *((sendable(reason),) if reason else ()))


def _msg(chat: Chat, argument: str) -> None:
    target, _, text = argument.partition(" ")
    if not text.strip():
        raise Misused
    chat.say(check_target(target), text)


def _me(chat: Chat, argument: str) -> None:
    if not argument:
        raise Misused
    _say(chat, f"\x01ACTION {sendable(argument)}\x01")


def _topic(chat: Chat, argument: str) -> None:
    channel, text = channel_and_rest(chat, argument)
    chat.ask("TOPIC", channel, *((sendable(text),) if text else ()))


def _names(chat: Chat, argument: str) -> None:
    channel, rest = channel_and_rest(chat, argument)
    if rest:
        raise Misused
    chat.ask("NAMES", channel)


def _ignore(chat: Chat, argument: str) -> None:
    if argument:
        _silence(chat, "+", argument)
    else:
        chat.ask("SILENCE")


def _unignore(chat: Chat, argument: str) -> None:
    _silence(chat, "-", argument)


def _silence(chat: Chat, sign: str, argument: str) -> None:
    """Change the list, and show it: a change of nothing has no other answer."""
    if not argument or " " in argument:
        raise Misused
    chat.ask("SILENCE", f"{sign}{check_target(argument)}", then=lambda: chat.ask("SILENCE"))


def _device(chat: Chat, argument: str) -> None:
    match argument.split():
        case []:
            chat.device.show()
        case ["yes"]:
            chat.device.enrol("")
        case ["yes", *code]:  # some authenticators show it with a blank in it
            chat.device.enrol(check_target("".join(code)))
        case ["no"]:
            chat.device.decline()
        case _:
            raise Misused


def _set(chat: Chat, argument: str) -> None:
    match argument.split():
        case []:
            for name, meaning in NAMES.items():
                on = chat.choices.on(name)
                chat.tell(f"* {name} {'on' if on else 'off'}: {meaning if on else OFF[name]}")
        case [name, "on" | "off" as wanted] if name in NAMES:
            try:
                chat.choices.set(name, wanted == "on")
            except OSError as error:
                raise Misused(f"This holds until you leave: it cannot be kept ({error.strerror})") from error
            chat.tell(f"* {name} {wanted}: {NAMES[name] if wanted == 'on' else OFF[name]}")
        case _:
            raise Misused


def _mute(chat: Chat, argument: str) -> None:
    name = one_word(argument) if argument else chat.target
    if not name:
        raise Misused
    try:
        muted = chat.muting.turn(name)
    except OSError as error:
        raise Misused(f"This holds until you leave: it cannot be kept ({error.strerror})") from error
    chat.tell(f"* {name} {'is muted: nothing there calls you' if muted else 'calls you again'}")


def _notify(chat: Chat, argument: str) -> None:
    _set(chat, f"bell {argument}" if argument else "")


def _theme(chat: Chat, argument: str) -> None:
    if argument not in ("on", "off"):
        raise Misused("Line by line there are no themes: /theme on or /theme off, for colours or none")
    _set(chat, f"colour {argument}")


def _reconnect(chat: Chat, argument: str) -> None:
    if argument:
        raise Misused
    chat.tell("* Connecting anew.")
    chat.reconnect()


def _quit(chat: Chat, argument: str) -> None:
    chat.leave(sendable(argument))


def _help(chat: Chat, argument: str) -> None:
    shown = [f"/{name} {row.arguments}".strip() for name, row in COMMANDS.items()]
    width = max(map(len, shown))
    lines = [f"  {text:{width}}  {row.help}" for text, row in zip(shown, COMMANDS.values(), strict=True)]
    chat.tell(
        "* Text goes to the channel that the prompt shows. //text sends a text that begins with a slash."
    )
    chat.tell(*lines, f"  {'exit':{width}}  the same as /quit")


COMMANDS: Final[Mapping[str, Command]] = {
    "join": Command("#CHANNEL [KEY]", "enter a channel; text goes there from now on", _join),
    "part": Command("[#CHANNEL] [REASON]", "leave a channel", _part),
    "msg": Command("NAME TEXT", "send a message to one person, or to another channel", _msg),
    "me": Command("TEXT", "say what you do", _me),
    "topic": Command("[#CHANNEL] [TEXT]", "show the topic, or set it", _topic),
    "names": Command("[#CHANNEL]", "show who is there", _names),
    **message_commands.COMMANDS,
    **people_commands.COMMANDS,
    "ignore": Command("[NAME]", "let nothing direct of a person reach you; show whom you ignore", _ignore),
    "unignore": Command("NAME", "let a person reach you again", _unignore),
    "device": Command("[yes [CODE] | no]", "log in from this computer without your password", _device),
    "set": Command("[joins | bell | colour on | off]", "show or change what is told, and how", _set),
    "mute": Command("[#CHANNEL | NAME]", "let a conversation not call you, or let it again", _mute),
    "notify": Command("[on | off]", "let the bell ring when somebody means you, or not", _notify),
    "theme": Command("on | off", "use colours, or none", _theme),
    "reconnect": Command("", "make a new connection", _reconnect),
    "help": Command("", "show this list", _help),
    "quit": Command("[REASON]", "leave the chat", _quit),
}
