"""What the client below the app says, in the person's language: its sentences are English there.

A sentence is found by its words, and what stands in it is kept; that can be a sentence, too. What the server
says itself matches none, and is shown as it comes.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from securechat.client.tui.language import _, is_english, later

_RANK: Final = "|".join(map(re.escape, ("founder", "admin", "operator", "half-operator", "speaker (voice)")))
_LED: Final = re.compile(r"([^ :]+): (.+)", re.DOTALL)
PHRASES: Final = (
    # protocol/session, state, catchup, history
    later("the server answered without confirming the message"),
    later("the server did not take the notice; why, it says of messages only"),
    later("line {number} has a NUL, which no message can carry"),
    later("line {number} is not UTF-8, which no message can carry"),
    later("{name} is not the name of a channel or user"),
    later("this is too long for one line"),
    later("no line can carry this: {reason}"),
    later("this server takes no messages of several lines"),
    later("the connection was lost"),
    later("the connection was lost before the server answered"),
    later("the connection was lost: it may have been said, or not"),
    later("it cannot be kept here until it is sent ({reason})"),
    later("while the connection was lost"),
    later("too much was said"),
    later("this server keeps nothing"),
    # protocol/incoming
    later("there is no {name} here, or it is not for you to read"),
    later("this server does not know {command}"),
    later("{name} asks to be let into {channel}: {text}"),
    later("{name}'s client asks yours: {text}"),
    later("{name}'s client answers yours: {text}"),
    later("{name} ({real}) has the account {account}"),
    later("{name} is an operator of the server"),
    later("{name} ({real}) was here"),
    later("{name} is in {channel}"),
    later("{name} is logged in as {account}"),
    later("{name} is a bot"),
    later("{name} is connected by TLS"),
    later("{name} has said nothing for {minutes} minutes"),
    later("{name} has said nothing for 1 minute"),
    later("{name} was active just now"),
    later("{name} is not here: {text}"),
    later("{name} says of {key}: {text}"),
    later("{channel}, {number} members: {topic}"),
    later("{channel}, {number} members"),
    later("{channel}, 1 member: {topic}"),
    later("{channel}, 1 member"),
    later("Warning: {text}"),
    # network
    later("the connection ended by an error in this program"),
    later("{address} ended the connection before the login: {reason}"),
    later("the server does not answer any more"),
    later("a new connection was asked for"),
    later("the connection broke: {reason}"),
    later("the connection was cut"),
    later("the server closed the connection"),
    later("nobody answers"),
    later("{address} cannot be reached: {reason}"),
    later("the name {host} cannot be resolved: {reason}"),
    later("{address} does not answer: nothing came within {seconds} seconds"),
    later("{address} does not finish the TLS handshake"),
    later("{address} does not speak TLS on this port"),
    later("{address} speaks no TLS 1.3, the only version that this client uses"),
    later(
        "{address} closed the connection at once: it may have too many connections from here, try again later"
    ),
    later("{address} cannot do a TLS handshake with this client: {reason}"),
    # network/trust, chain
    later("Compare its pin with the one that this command prints on the server's host:"),
    later("  securechat certs show --data-dir DIR  (DIR is where the server keeps its data)"),
    later("If scripts/quickstart runs the server, in its clone:"),
    later("If the two pins are the same, add this to your command:"),
    later("the certificate of {address} comes from an unknown authority."),
    later("the certificate comes from an unknown authority"),
    later(
        "the key of {address} has changed.\n"
        "  known: {known}\n"
        "  sent:  {sent}\n"
        "Somebody may be between you and the server, or the server has a new CA.\n"
        "Nothing was sent to it. Ask the person who runs the server for the pin that\n"
        "`securechat certs show --data-dir DIR` prints there. If it is the one that was sent,\n"
        "forget the old one with:\n"
        "  securechat trust remove {again}"
    ),
    later("{address} is not the server with this pin.\n  wanted: {wanted}\n  sent:   {sent}"),
    later(
        "you know {address} by another key than the invitation names.\n"
        "  known:      {known}\n"
        "  invitation: {invited}\n"
        "Nothing was sent. Ask the person who runs the server which of them is right. If it is the\n"
        "invitation's, forget the other one with:\n"
        "  securechat trust remove {again}"
    ),
    later("{address} is not trusted: nothing was sent to it"),
    later("the certificate of {address} was not issued by the CA in {path}"),
    later("{address} keeps changing its certificates"),
    later("{address} sent the pinned certificate, but its own was not issued by it"),
    later(
        "the key of this computer in {path} cannot be used (it is damaged): forget it with `securechat "
        "trust forget {address}`"
    ),
    later(
        "the key of this computer in {path} cannot be used ({reason}): forget it with `securechat trust "
        "forget {address}`"
    ),
    later("the certificate of {address} is not acceptable: {reason}"),
    later("the certificate that {address} sent is not for {host}: this may be another server"),
    later(
        "the certificate that {address} sent is not for {host}: this may be another server; it is for {names}"
    ),
    later("no name at all"),
    later("the certificate of {address} has expired; is this computer's clock right?"),
    later("the certificate of {address} is not valid yet; is this computer's clock right?"),
    later("the certificate of {address} is valid only from {moment} UTC; is this computer's clock right?"),
    later("the certificate of {address} expired on {moment} UTC; is this computer's clock right?"),
    later("the server sent no certificate"),
    later("{path} is not a file of PEM certificates"),
    later("the certificates in {path} cannot be read: {reason}"),
    later("{address} sent a certificate that cannot be read: {reason}"),
    later("the server sent a certificate that cannot be read: {reason}"),
    # protocol/registration
    later("an administrator wants you to set a new password: `securechat connect` asks for it on a terminal"),
    later(
        "the server does not let this computer in by its key: it was revoked, its time is over, or the "
        "server takes no keys now. The password is needed: `securechat connect` asks for it"
    ),
    later("this server takes no passwords (it offers {mechanisms})"),
    later("the server asks for something that is not part of SASL {mechanism}"),
    later("this name cannot be used"),
    later("the account name cannot be used as a nick here: {reason}"),
    later("the login failed"),
    later("the server refused the login"),
    later("these credentials cannot be right: {reason}"),
    later("the server refuses the capabilities that it offers"),
    # account/joining, proving, network/dialogue
    later("The password is too long: an account that you make yourself can have one of {number} bytes"),
    later("The password has a character that no line can carry"),
    later("the server refused"),
    later("this server cannot make accounts by invitation"),
    later("this server makes no accounts by invitation now: ask the person who invited you"),
    later("no reason was given"),
    later("the server ended the connection ({reason})"),
    later("{how} before the account was made: try again"),
    later("{how} before it was known whether the account was made"),
    later("{how} before the login: try again"),
    later("the server refuses the capability that it offers"),
    later("the server did not answer in time"),
    # cli/client/profiles
    later("`securechat connect` alone comes here from now on: profile {name} in {path}."),
    later("/server {name} opens this from now on: it is a profile in {path}."),
    later("What you have typed cannot be kept for the next time: {reason}."),
    # words
    later("Not everything that was said meanwhile is shown here: {reason}."),
    later("You ignore {name} now, on all your devices"),
    later("You ignore {name} no more"),
    later("No answer: {reason}"),
    later("This computer has no key of its own: {reason}"),
    later(
        "From now on this computer logs in without your password: it is the device {name}. "
        "That ends on {day} if it is not used until then."
    ),
    later("Your account has a second factor: /device yes CODE, with the code that your authenticator shows."),
    later("This computer can log in without your password from now on: /device yes"),
    later("(/device no, and you are not asked again)"),
    later("There is no place here to keep a key in."),
    later("This computer is the device {name}: /msg securechat devices revoke {again}"),
    later("You are not asked again. With /device yes you can still do it."),
    later("This computer logs in as the device {name}."),
    later("what is sent cannot be kept until it is confirmed: {reason}"),
    # words/modewords
    later("speaker (voice)"),
    later("{name} is {rank} of {channel}"),
    later("{name} is no longer {rank} of {channel}"),
    later("{by} has made {name} {rank} of {channel}"),
    later("{by} has ended that {name} is {rank} of {channel}"),
    later("{by} gives up being {rank} of {channel}"),
    later("{by} has muted {name} in {channel}"),
    later("{by} lets {name} speak in {channel} again"),
    later("{by} has banned {name} from {channel}"),
    later("{by} has lifted the ban of {name} from {channel}"),
    later("{by} has exempted {name} from the bans of {channel}"),
    later("{by} has ended the exemption of {name} from the bans of {channel}"),
    later("{by} lets {name} into {channel} without invitation"),
    later("{by} lets {name} into {channel} only by invitation"),
    later("a key is needed to join {channel}"),
    later("no key is needed to join {channel} any more"),
    later("{channel} takes at most {number} members"),
    later("{channel} takes at most 1 member"),
    later("{channel} takes any number of members"),
    later("people who cannot join {channel} are sent on to {other}"),
    later("nobody is sent on from {channel} any more"),
    later("in {channel} everybody may send one message in {number} seconds"),
    later("in {channel} everybody may send one message in 1 second"),
    later("{channel} is not in slow mode any more"),
    later("{channel} is only for those who are invited"),
    later("{channel} is open to everybody"),
    later("only members with a rank speak in {channel}"),
    later("all members speak in {channel}"),
    later("only members speak in {channel}"),
    later("everybody may speak in {channel}"),
    later("{channel} is private"),
    later("{channel} is not private any more"),
    later("{channel} is secret"),
    later("{channel} is not secret any more"),
    later("only half-operators and up change the topic of {channel}"),
    later("all members may change the topic of {channel}"),
    later("in {channel} only members with a rank see the members without one"),
    later("in {channel} everybody sees who is there"),
    later("{channel} takes no colours and other formatting"),
    later("{channel} takes colours and other formatting"),
    later("{channel} takes no CTCP"),
    later("{channel} takes CTCP"),
    later("only half-operators and up see the messages of members without a rank in {channel}"),
    later("everybody in {channel} sees the messages of all members"),
    later("You have an operator's powers now"),
    later("You have no operator's powers any more"),
    later("You get announcements to everybody"),
    later("You get no announcements to everybody any more"),
    later("You get the server's notices for operators"),
    later("You get no notices for operators any more"),
    later("You are not in lists for people outside your channels"),
    later("You are in lists for everybody"),
    later("You are marked as a bot"),
    later("You are not marked as a bot any more"),
    later("Mode {letter} of {name} is set"),
    later("Mode {letter} of {name} is off"),
    later("{by} has set mode {letter} of {channel}"),
    later("{by} has ended mode {letter} of {channel}"),
)


@cache
def _patterns() -> Mapping[str, re.Pattern[str]]:
    """How each sentence is found; those with more words of their own come first."""
    ordered = sorted(PHRASES, key=lambda phrase: -len(re.sub(r"{\w+}", "", phrase)))
    return {phrase: re.compile(_pattern(phrase), re.DOTALL) for phrase in ordered}


def _pattern(phrase: str) -> str:
    parts = re.split(r"{(\w+)}", phrase)
    fields = (f"(?P<{name}>{_RANK if name == 'rank' else '.+?'})" for name in parts[1::2])
    texts = map(re.escape, parts[0::2])
    return "".join(text + field for text, field in zip(texts, [*fields, ""], strict=True))


def told(text: str) -> str:
    """Return what the client says, or one with who has done it before it, in the person's language."""
    if is_english():
        return text
    for phrase, pattern in _patterns().items():
        found = pattern.fullmatch(text)
        if found is not None:
            return _(phrase).format(**{name: told(part) for name, part in found.groupdict().items()})
    if "\n" in text:
        return "\n".join(map(told, text.split("\n")))
    led = _LED.fullmatch(text)
    if led is not None and (said := told(led[2])) != led[2]:
        return f"{led[1]}: {said}"
    return _(text) if text in _NAMES else text


_NAMES: Final = frozenset({"founder", "admin", "operator", "half-operator", "speaker (voice)"})
