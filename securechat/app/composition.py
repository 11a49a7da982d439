"""What the parts are given, made from the configuration."""

import os
import sys
import time
from ipaddress import ip_network
from typing import Final

import msgspec

from securechat import __version__
from securechat.chat.memory import LINES, SENDQS
from securechat.chat.settings import Settings
from securechat.chat.shares import USUAL
from securechat.chat.wordfilter import WordFilter
from securechat.config import Config
from securechat.irc.names import check_channel
from securechat.irc.text import split_text
from securechat.server.limits import Limits

# A line of the message of the day has 512 bytes, less the server's name (63), the nick (64) and the numeric.
_MOTD_ROOM: Final = 360
_STARTED: Final = time.time_ns() // 1_000_000
_MAX_SLOTS: Final = 4
# What the server has open besides its connections: store, log, listeners, epoll and event descriptors.
OTHER_FILES: Final = 64


def server_name(config: Config) -> str:
    """Return the configured name of the server, else this host's if it has a dot, else securechat.local."""
    host = os.uname().nodename
    return config.server.name or (host if "." in host and len(host) <= 63 else "securechat.local")


def core_settings(config: Config, places: int = 0) -> Settings:
    """Return what the chat is told; `places` is how many connections there may be, 0 that there are none."""
    configured = msgspec.structs.asdict(config.limits)
    return Settings(
        server_name=server_name(config),
        network=config.server.network,
        version=__version__,
        nicknames=config.identity.nicknames,
        registration=config.identity.registration,
        second_factor=config.auth.second_factor,
        autojoin=tuple(check_channel(name) for name in config.channels.autojoin),
        history_access=config.history.access,
        history_replay=config.history.replay,
        icon=config.server.icon,
        sts_days=config.tls.sts_days,
        on_account_removal=config.history.on_account_removal,
        motd=_motd(config.server.motd),
        flood=config.limits.flood,
        sendq=config.limits.sendq,
        memory=config.limits.memory << 20,
        shares={name: configured.get(name, most) for name, most in USUAL.items()},
        places=places,
        admin=(config.server.admin_name, config.server.admin_location, config.server.admin_email),
        started=_STARTED,
        client_tag_deny=config.channels.client_tag_deny,
        edit_window=config.history.edit_window,
        words=WordFilter(config.channels.words),
    )


def transport_limits(config: Config, open_files: int) -> Limits:
    """Return the bounds of the transport for a process that may have `open_files` descriptors."""
    limits, usual, connections = config.limits, Limits(), places_for(config, open_files)
    return Limits(
        sendq=limits.sendq,
        sendqs_in_all=SENDQS.bound(limits.memory << 20),
        unhandled_in_all=LINES.bound(limits.memory << 20) // worker_count(config),
        connections_per_source=limits.connections_per_source,
        connections_window=limits.connections_window,
        exempt=tuple(ip_network(network) for network in limits.exempt),
        proxies=tuple(ip_network(network) for network in config.server.proxies),
        max_connections=connections,
        max_unauthenticated=min(usual.max_unauthenticated, connections),
        slots=slots_of(config),
    )


def places_for(config: Config, open_files: int) -> int:
    """Return how many connections a process that may have `open_files` descriptors takes at the same time."""
    room = max(1, open_files - OTHER_FILES)
    return min(config.limits.connections or room, room)


def slots_of(config: Config) -> int:
    """Return how many passwords are hashed at the same time."""
    return config.auth.slots or min(_cores(), _MAX_SLOTS)


def worker_count(config: Config) -> int:
    """Return how many threads do TLS: more than one pays only where Python runs threads in parallel."""
    parallel = not getattr(sys, "_is_gil_enabled", lambda: True)()
    return config.server.workers or (_cores() if parallel else 1)


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _motd(text: str) -> tuple[str, ...]:
    lines = text.strip("\n").split("\n") if text.strip() else []
    return tuple(piece for line in lines for piece in split_text(line.rstrip(), _MOTD_ROOM) or [""])
