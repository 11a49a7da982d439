"""What values the configuration's types cannot exclude, and what this machine cannot do of it.

`config check` and the server use the same checks: a configuration that passes one starts the other.
"""

import os
import socket
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from securechat.config import Config, Value

_LOOPBACK: Final = "127.0.0.1"


def check_value(name: str, value: Value) -> None:
    """Check what was given for a key. Raises ValueError, with the reason where there is more to say."""
    check = _CHECKS.get(name)
    for each in value if isinstance(value, tuple) else (value,):
        if check is not None and isinstance(each, str) and each:
            check(each)


def check_machine(config: Config, directory: Path) -> Sequence[str]:
    """Check what depends on this machine: the certificate, the address to listen on, the log's file.

    Return what there is to say about a certificate that can be used. Nothing is changed. Raises
    CertificateProblem, and ValueError.
    """
    _check_address(config)
    _check_log_file(config.log.file)
    if not config.tls.certificate:
        return ()
    from securechat.app.certificates import make_context
    from securechat.app.expiry import state

    checked = make_context(config, directory)
    soon = state(checked.ends, datetime.now(UTC))
    return checked.remarks if soon == "good" else (*checked.remarks, f"{config.tls.certificate} {soon}")


def parse_watched(text: str) -> tuple[str, int]:
    """Read `metrics.address`: ADDRESS:PORT, or a port of this machine alone. Raises ValueError."""
    host, _, port = text.rpartition(":")
    address = {"": _LOOPBACK, "localhost": _LOOPBACK}.get(host, host.removeprefix("[").removesuffix("]"))
    if ":" in address and not host.startswith("["):
        raise ValueError(f"an IPv6 address stands in brackets: [{address}]:{port}")
    if not (port.isascii() and port.isdigit() and int(port) <= 65535):
        raise ValueError(f"{port!a} is no port: a number from 0 to 65535 is")
    return str(ip_address(address)), int(port)


def is_for_others(text: str) -> bool:
    """Return whether other machines can connect to a `metrics.address` that can be read."""
    return bool(text) and not ip_address(parse_watched(text)[0]).is_loopback


def _check_address(config: Config) -> None:
    from securechat.server.listener import bind

    if not config.server.host:
        return
    try:
        for sock in bind(config.server.host, 0):
            sock.close()
    except OSError as error:
        is_lookup = isinstance(error, socket.gaierror) or error.errno is None
        reason = error.strerror if is_lookup else os.strerror(error.errno or 0)
        text = f"server.host: this machine cannot listen on {config.server.host}: {reason}"
        raise ValueError(text) from error


def _check_log_file(name: str) -> None:
    """A file that is there, or one that can be made in a directory that is there."""
    path = Path(name)
    if name and path.is_dir():
        raise ValueError(f"log.file: {name} is a directory: name a file in it")
    if not path.parent.is_dir():
        raise ValueError(f"log.file: there is no directory {path.parent}: make it first")


def _check_host(host: str) -> None:
    """An address, also of one interface only (`fe80::1%eth0`), or a host name."""
    try:
        ip_address(host)
    except ValueError:
        if "*" in host:
            raise ValueError("a server does not listen on names with *") from None
        try:
            encoded = host.encode("idna").decode()
        except UnicodeError as error:
            why = "each part between its dots has 1 to 63 letters, digits or hyphens"
            raise ValueError(f"{host!r} is no host name: {why}") from error
        _check_certificate_name(encoded)


def _check_certificate_name(name: str) -> None:
    from securechat.tls.errors import InvalidName
    from securechat.tls.names import parse_name

    try:
        parse_name(name)
    except InvalidName as error:
        raise ValueError(str(error)) from None


def _check_channel(name: str) -> None:
    from securechat.irc.names import InvalidName, check_channel

    try:
        check_channel(name)
    except InvalidName as error:
        raise ValueError(f"{name!r} is no channel: {error}") from None


def _check_path(path: str) -> None:
    if "\0" in path:
        raise ValueError("a path has no NUL character")


def _check_recipient(text: str) -> None:
    from securechat.storage.sealing import SealError, parse_recipient

    try:
        parse_recipient(text)
    except SealError as error:
        raise ValueError(str(error)) from None


def _check_url(url: str) -> None:
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        conninfo_to_dict(url)
    except ProgrammingError:
        raise ValueError from None  # its text may hold the password


def _check_watched(text: str) -> None:
    parse_watched(text)


def _check_word(text: str) -> None:
    from securechat.chat.wordfilter import parse

    parse(text)


_CHECKS: Final[Mapping[str, Callable[[str], None]]] = {
    "server.name": _check_certificate_name,
    "server.host": _check_host,
    "tls.certificate": _check_path,
    "tls.key": _check_path,
    "log.file": _check_path,
    "tls.names": _check_certificate_name,
    "channels.autojoin": _check_channel,
    "channels.words": _check_word,
    "storage.url": _check_url,
    "metrics.address": _check_watched,
    "backup.recipients": _check_recipient,
}
