"""Devices, for clients that make their own keys: DEVICE.

The server signs a certificate for the key, with which the device logs in by SASL EXTERNAL.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from securechat.chat.jobs import CertifyKey, JobResult, KeyCertified
from securechat.chat.line import Line
from securechat.chat.requests import AddDevice, Refused
from securechat.chat.rules import authenticators
from securechat.chat.rules.administration import perform
from securechat.chat.rules.devices import renew as renewed
from securechat.chat.rules.proof import BUSY
from securechat.chat.turn.command import Command
from securechat.chat.turn.context import Context
from securechat.irc.sasl import SaslError, chunks, decode_key
from securechat.irc.text import printable
from securechat.irc.timestamp import format_ms

HOW: Final = "DEVICE KEY <name> <public key> <code>"


def device(ctx: Context) -> None:
    """DEVICE <KEY <name> <public key> [<code>] | RENEW>

    KEY lets a device log in to your account with a key of its own (SASL EXTERNAL): the base64 of the key's
    SubjectPublicKeyInfo. The answers DEVICE CERTIFICATE are its certificate, in pieces as of AUTHENTICATE,
    DEVICE UNTIL says until when it may. An account with a second factor needs a code of its authenticator.
    RENEW, from a session that the key logged in, lets it do so for a year.
    """
    match ctx.param(0).upper():
        case "KEY" if len(ctx.params) < 3:
            ctx.fail("NEED_MORE_PARAMS", "KEY", text="Use DEVICE KEY <name> <public key> [<code>]")
        case "KEY":
            key(ctx, ctx.param(1))
        case "RENEW":
            renew(ctx)
        case _:
            ctx.fail("UNKNOWN_SUBCOMMAND", printable(ctx.param(0)), text="Use DEVICE KEY or DEVICE RENEW")


def key(ctx: Context, name: str) -> None:
    """Have a certificate signed for a device's key, and let it in if a second factor agrees."""
    code = "".join(ctx.params[3:])
    try:
        public = decode_key(ctx.param(2))
    except SaslError as error:
        ctx.fail("KEY_INVALID", printable(name), text=str(error))
        return
    problem = authenticators.lacking(ctx.chat, ctx.user.account, code, HOW)
    if problem is not None:
        refuse(ctx, name, problem)
        return
    job = CertifyKey(ctx.session.link, ctx.user.account.name, name, public)
    ctx.ask(job, partial(certified, ctx, name, code))


def refuse(ctx: Context, name: str, reason: Refused) -> None:
    """Say why a device is not let in."""
    ctx.fail(reason.code, printable(name), text=reason.text)


def certified(ctx: Context, name: str, code: str, result: JobResult) -> None:
    """Let the key in, if a second factor agrees."""
    if not isinstance(result, KeyCertified):
        ctx.fail("TEMPORARILY_UNAVAILABLE", printable(name), text=BUSY)
    elif result.problem:
        ctx.fail("KEY_INVALID", printable(name), text=result.problem)
    else:
        authenticators.ask(ctx, code, HOW, partial(refuse, ctx, name), partial(let_in, ctx, name, result))


def let_in(ctx: Context, name: str, key: KeyCertified, spend: Callable[[], None]) -> None:
    """Let a key in, and send its certificate."""
    account = ctx.user.account.name
    answer = perform(ctx.chat, AddDevice(account, name, key.key, "key"), account, ctx.session.address)
    if isinstance(answer, Refused):
        refuse(ctx, name, answer)
        return
    spend()
    for piece in chunks(key.certificate):
        _reply(ctx, "CERTIFICATE", name, piece)
    tell_end(ctx, key.key)


def renew(ctx: Context) -> None:
    """Let the device that logged this session in do so for longer."""
    own = ctx.session.login.device
    before = ctx.registry.devices.get(own) if own is not None else None
    if own is None or before is None or before.kind != "key":
        ctx.fail("NO_DEVICE", text="This session was not logged in with the key of a device")
        return
    if renewed(ctx.chat, own, before) != before:
        ctx.audit("renew-device", ctx.user.account.name, before.name)
    tell_end(ctx, own)


def tell_end(ctx: Context, own: str) -> None:
    """Say until when a device may log in."""
    known = ctx.registry.devices.get(own)
    assert known is not None, "it has just been looked at"
    _reply(ctx, "UNTIL", known.name, format_ms(known.expires))


def _reply(ctx: Context, *params: str) -> None:
    ctx.reply(Line(ctx.settings.server_name, "DEVICE", params, None, ctx.chat.now.wall))


COMMANDS = (Command("DEVICE", device, min_params=1),)
