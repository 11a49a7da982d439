"""What the configuration becomes for the chat and for the transport."""

import os
import sys
from ipaddress import ip_network

import pytest

from securechat.app import composition
from securechat.app.composition import core_settings, server_name, transport_limits, worker_count
from securechat.app.configuration import ConfigError, load
from securechat.chat.shares import USUAL
from securechat.config import Config, fields


def config(**variables: str) -> Config:
    """Return a configuration from variables without their prefix."""
    return load(None, {f"SECURECHAT_{name}": value for name, value in variables.items()}, {}).config


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("pc", "securechat.local"),
        ("pc.example.org", "pc.example.org"),
        ("a" * 60 + ".org", "securechat.local"),
    ],
)
def test_server_name_without_a_setting(monkeypatch: pytest.MonkeyPatch, host: str, name: str) -> None:
    """This host's name if it can be a server's, else a fixed one."""
    uname = os.uname()
    monkeypatch.setattr(os, "uname", lambda: os.uname_result((uname[0], host, *uname[2:])))
    assert server_name(config()) == name
    assert server_name(config(SERVER__NAME="chat.example.org")) == "chat.example.org"


def test_core_settings() -> None:
    """Every key that the chat knows arrives there."""
    settings = core_settings(
        config(
            SERVER__NAME="chat.example.org",
            SERVER__NETWORK="Example",
            SERVER__MOTD="one\n\n  two  \nthree",
            SERVER__ICON="https://chat.example.org/icon.png",
            TLS__STS_DAYS="30",
            IDENTITY__NICKNAMES="free",
            CHANNELS__AUTOJOIN='["#a", "#B"]',
            CHANNELS__CLIENT_TAG_DENY='["*", "-draft/reply"]',
            HISTORY__EDIT_WINDOW="60",
            LIMITS__FLOOD="false",
            LIMITS__SENDQ="65536",
        )
    )
    assert settings.server_name == "chat.example.org"
    assert settings.network == "Example"
    assert settings.motd == ("one", "", "  two", "three")
    assert settings.icon == "https://chat.example.org/icon.png"
    assert settings.sts_days == 30
    assert settings.nicknames == "free"
    assert settings.autojoin == ("#a", "#B")
    assert settings.client_tag_deny == ("*", "-draft/reply")
    assert settings.edit_window == 60
    assert settings.flood is False
    assert settings.sendq == 65536


def test_no_message_of_the_day() -> None:
    """Blank text is none."""
    assert core_settings(config()).motd == ()
    assert core_settings(config(SERVER__MOTD=" \n ")).motd == ()


def test_a_long_line_of_the_day_is_split_at_words() -> None:
    """Every piece fits into a line of the protocol, whatever the server and the nick are called."""
    text = " ".join(["größer"] * 200)
    lines = core_settings(config(SERVER__MOTD=text)).motd
    assert " ".join(lines) == text
    prefix = f":{'s' * 63} 372 {'n' * 64} :- \r\n"
    assert all(len((prefix + line).encode()) <= 512 for line in lines)
    assert len(lines) < 6


def test_a_channel_that_the_chat_refuses() -> None:
    """The error names the key."""
    with pytest.raises(ConfigError, match=r"channels\.autojoin"):
        config(CHANNELS__AUTOJOIN='["#a*b"]')


def test_transport_limits() -> None:
    """Every key that the transport knows arrives there."""
    limits = transport_limits(
        config(
            LIMITS__CONNECTIONS="100",
            LIMITS__CONNECTIONS_PER_SOURCE="3",
            LIMITS__CONNECTIONS_WINDOW="5",
            LIMITS__EXEMPT='["10.0.0.0/8", "::1"]',
            LIMITS__SENDQ="70000",
            AUTH__SLOTS="7",
        ),
        1024,
    )
    assert (limits.max_connections, limits.max_unauthenticated) == (100, 100)
    assert (limits.connections_per_source, limits.connections_window) == (3, 5)
    assert limits.exempt == (ip_network("10.0.0.0/8"), ip_network("::1"))
    assert (limits.sendq, limits.slots) == (70000, 7)


@pytest.mark.parametrize(("wanted", "files", "most"), [("0", 1024, 960), ("5000", 1024, 960), ("0", 20, 1)])
def test_connections_stay_below_the_limit_on_open_files(wanted: str, files: int, most: int) -> None:
    """There is always room for the store and the log; with no setting all the rest is for connections."""
    assert transport_limits(config(LIMITS__CONNECTIONS=wanted), files).max_connections == most


@pytest.mark.parametrize(("cores", "slots"), [(1, 1), (2, 2), (16, 4)])
def test_automatic_numbers_of_threads(monkeypatch: pytest.MonkeyPatch, cores: int, slots: int) -> None:
    """Passwords: a core each, at most 4. TLS: one where only one thread runs at a time, else a core each."""
    monkeypatch.setattr(composition, "_cores", lambda: cores)
    assert transport_limits(config(), 1024).slots == slots
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: True, raising=False)
    assert worker_count(config()) == 1
    assert worker_count(config(SERVER__WORKERS="3")) == 3
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: False, raising=False)
    assert worker_count(config()) == cores
    assert worker_count(config(SERVER__WORKERS="3")) == 3


def test_limits_for_accounts_are_those_of_the_configuration() -> None:
    """Each limit with a number has a key, whose default is that number."""
    assert core_settings(config()).shares == USUAL
    assert core_settings(config(LIMITS__SESSIONS_PER_ACCOUNT="7")).shares["sessions_per_account"] == 7
    keys = {field.name.removeprefix("limits."): field.default for field in fields().values()}
    assert {name: keys[name] for name in USUAL} == USUAL
