"""Devices, for clients that make their own keys: DEVICE.

The server signs a certificate for the key, with which the device logs in by SASL EXTERNAL.
"""

from securechat.chat.jobs import CertifyKey, JobResult, KeyCertified
from securechat.chat.line import Line
from securechat.chat.requests import AddDevice, Refused
from securechat.chat.rules.administration import perform
from securechat.chat.rules.proof import BUSY
from securechat.chat.turn.command import Command
from securechat.chat.turn.context import Context
from securechat.irc.sasl import SaslError, chunks, decode_key
from securechat.irc.text import printable


def device(ctx: Context) -> None:
    """DEVICE KEY <name> <public key>

    Lets a device log in to your account with a key of its own (SASL EXTERNAL): the base64 of the key's
    SubjectPublicKeyInfo. The answers DEVICE CERTIFICATE are its certificate, in pieces as of AUTHENTICATE.
    """
    subcommand, name = ctx.param(0).upper(), ctx.param(1)
    if subcommand != "KEY":
        ctx.fail("UNKNOWN_SUBCOMMAND", printable(ctx.param(0)), text="Use DEVICE KEY")
        return
    try:
        key = decode_key(ctx.param(2))
    except SaslError as error:
        ctx.fail("KEY_INVALID", printable(name), text=str(error))
        return
    job = CertifyKey(ctx.session.link, ctx.user.account.name, name, key)
    ctx.ask(job, lambda result: certified(ctx, name, result))


def certified(ctx: Context, name: str, result: JobResult) -> None:
    """Let the key in, and send its certificate."""
    if not isinstance(result, KeyCertified):
        ctx.fail("TEMPORARILY_UNAVAILABLE", printable(name), text=BUSY)
    elif result.problem:
        ctx.fail("KEY_INVALID", printable(name), text=result.problem)
    else:
        account = ctx.user.account.name
        request = AddDevice(account, name, result.key, "key")
        answer = perform(ctx.chat, request, account, ctx.session.address)
        if isinstance(answer, Refused):
            ctx.fail(answer.code, printable(name), text=answer.text)
            return
        server = ctx.settings.server_name
        for piece in chunks(result.certificate):
            ctx.reply(Line(server, "DEVICE", ("CERTIFICATE", name, piece), None, ctx.chat.now.wall))


COMMANDS = (Command("DEVICE", device, min_params=3),)
