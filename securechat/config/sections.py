"""The tables of the configuration and their keys."""

import ipaddress
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from securechat.config.auth import Argon2Section as Argon2Section
from securechat.config.auth import AuthSection
from securechat.config.key import Key
from securechat.config.watching import LogSection, MetricsSection

_LABEL: Final = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"


def _check_networks(networks: tuple[str, ...]) -> None:
    for network in networks:
        ipaddress.ip_network(network)


_Count = Annotated[int, Meta(ge=0, le=1_000_000)]
_Threads = Annotated[int, Meta(ge=0, le=64)]
_HostName = Annotated[str, Meta(pattern=rf"\A(?:(?:{_LABEL}\.)+{_LABEL})?\Z", max_length=63)]
_SubjectName = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9.:*-]+\Z", max_length=253)]
_ClientTag = Annotated[str, Meta(pattern=r"\A(?:\*|-?[A-Za-z0-9./-]+)\Z", max_length=64)]
_ChannelName = Annotated[str, Meta(pattern=r"\A#[^\s,:\x00-\x1f\x7f-\x9f]+\Z", max_length=64)]
_Rule = Annotated[str, Meta(min_length=1, max_length=80)]
_Line = Annotated[str, Meta(pattern=r"\A[^\x00-\x1f\x7f-\x9f]*\Z", max_length=80)]
_LINE: Final = "text of at most 80 characters, none of them a control character"


class ServerSection(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the server listens and what it is called."""

    name: Annotated[
        _HostName,
        Key(
            "The server's name for users; \"\" is this host's name if that has a dot, else securechat.local.",
            "a host name with a dot, such as chat.example.org",
        ),
    ] = ""
    network: Annotated[
        str,
        Meta(pattern=r"\A[^\s\x00-\x1f\x7f-\x9f]{1,50}\Z"),
        Key("The name of the chat that clients show.", "1 to 50 characters without blanks"),
    ] = "SecureChat"
    host: Annotated[
        str,
        Meta(pattern=r"\A[^\s\x00-\x1f]*\Z", max_length=253),
        Key('The address or host name to listen on; "" is every interface.', 'an address, a host name or ""'),
    ] = ""
    port: Annotated[int, Meta(ge=0, le=65535), Key("The TCP port to listen on; 0 picks a free one.")] = 6697
    proxies: Annotated[
        tuple[str, ...],
        Key(
            "Networks of proxies before the server. What comes from there has to begin with a PROXY header "
            "(version 2), which says the peer's address; nobody else's is looked at.",
            'a list of networks, such as ["10.0.0.5/32"]',
            live=True,
            check=_check_networks,
        ),
    ] = ()
    workers: Annotated[
        _Threads, Key("Threads that do TLS; 0 is one, or one for each core on a free-threaded Python.")
    ] = 0
    motd: Annotated[
        str,
        Meta(pattern=r"\A[^\x00-\x08\x0b-\x1f\x7f-\x9f]*\Z", max_length=8000),
        Key(
            "The message of the day, shown at login; it may have several lines.",
            "text of at most 8000 characters, none of them a control character",
            live=True,
        ),
    ] = ""
    icon: Annotated[
        str,
        Meta(pattern=r"\A(?:https://[!-~]+)?\Z", max_length=200),
        Key(
            "The address of a picture that clients show for this chat.",
            "an https:// address of at most 200 characters",
            live=True,
        ),
    ] = ""
    admin_name: Annotated[_Line, Key("Who runs the server, as ADMIN shows it.", _LINE, live=True)] = ""
    admin_location: Annotated[
        _Line, Key("Where or for whom the server is run, as ADMIN shows it.", _LINE, live=True)
    ] = ""
    admin_email: Annotated[
        _Line, Key("How to reach who runs the server, as ADMIN shows it.", _LINE, live=True)
    ] = ""


class TlsSection(Struct, frozen=True, forbid_unknown_fields=True):
    """Certificates. With no files set, the server makes its own authority and certificate."""

    minimum: Annotated[Literal["1.3", "1.2"], Key("The lowest version of TLS that is spoken.", live=True)] = (
        "1.3"
    )
    certificate: Annotated[
        str,
        Key("A certificate chain to use instead of the server's own (PEM).", "a path", live=True, path=True),
    ] = ""
    key: Annotated[str, Key("The private key of tls.certificate (PEM).", "a path", live=True, path=True)] = ""
    names: Annotated[
        tuple[_SubjectName, ...],
        Key(
            "Host names and addresses by which clients connect; the certificate has to name them.",
            'a list of host names and addresses, such as ["chat.example.org"]',
            live=True,
        ),
    ] = ()
    device_certificates: Annotated[
        bool,
        Key(
            "Ask clients for a device's certificate; without that, they may show one of somebody else.",
            live=True,
        ),
    ] = True
    sts_days: Annotated[
        int,
        Meta(ge=0, le=3650),
        Key("Days for which clients shall refuse to connect without TLS (STS); 0 says nothing.", live=True),
    ] = 0


class IdentitySection(Struct, frozen=True, forbid_unknown_fields=True):
    """Who people are in the chat."""

    nicknames: Annotated[
        Literal["account", "free"],
        Key('"account": the nick is the name of the account; "free": each connection chooses its nick.'),
    ] = "account"
    registration: Annotated[
        Literal["closed", "invite"],
        Key(
            '"invite": people make their own account with an invitation of `securechat invite`, while there '
            'is one; "closed": invitations are of no use, accounts are made with `securechat adduser`.',
            live=True,
        ),
    ] = "invite"


class ChannelsSection(Struct, frozen=True, forbid_unknown_fields=True):
    """Which channels there are from the start."""

    autojoin: Annotated[
        tuple[_ChannelName, ...],
        Key(
            "Channels that new accounts join; with free nicknames each connection does. One that was renamed "
            "has to be named anew here: else one with the old name is made.",
            'a list of channel names, such as ["#general"]',
            live=True,
        ),
    ] = ("#general",)
    client_tag_deny: Annotated[
        tuple[_ClientTag, ...],
        Key(
            'Client-only tags that are dropped: a name without its "+"; "*" is all of them, "-name" is not.',
            'a list of tags, such as ["typing"] or ["*", "-draft/reply"]',
            live=True,
        ),
    ] = ()
    words: Annotated[
        tuple[_Rule, ...],
        Meta(max_length=100),
        Key(
            "Words that are refused, replaced or reported, in channels and in what people say of themselves.",
            'a list of at most 100 rules, such as ["refuse badword", "replace darn*", "report *scam*"]',
            live=True,
        ),
    ] = ()


class HistorySection(Struct, frozen=True, forbid_unknown_fields=True):
    """How long messages are kept, and who reads them."""

    access: Annotated[
        Literal["all", "joined"],
        Key('What a member reads of a channel: "all", or only what was said since it "joined".', live=True),
    ] = "all"
    replay: Annotated[
        int,
        Meta(ge=0, le=1000),
        Key("Missed messages of each channel that clients without CHATHISTORY get at login.", live=True),
    ] = 50
    retention_days: Annotated[
        int,
        Meta(ge=0, le=36500),
        Key("Delete messages that are older than this; 0 keeps them for ever.", live=True),
    ] = 0
    on_account_removal: Annotated[
        Literal["keep", "anonymise", "delete"],
        Key("What becomes of the messages of an account that is removed.", live=True),
    ] = "keep"
    edit_window: Annotated[
        int,
        Meta(ge=0, le=31_536_000),
        Key("Seconds in which people may edit or redact what they said; 0 is no limit.", live=True),
    ] = 0


class LimitsSection(Struct, frozen=True, forbid_unknown_fields=True):
    """How much one peer may take from the others. A source is an IPv4 address or an IPv6 /64 network."""

    connections: Annotated[
        _Count,
        Key("Connections at the same time; 0 is as many as the limit on open files allows.", live=True),
    ] = 0
    connections_per_source: Annotated[
        _Count, Key("Connections of one source that have not logged in; 0 is no limit.", live=True)
    ] = 16
    connections_window: Annotated[
        _Count, Key("New connections of one source in 10 minutes; 0 is no limit.", live=True)
    ] = 32
    sessions_per_account: Annotated[
        _Count, Key("Sessions of one account; a bot may have five times as many; 0 is no limit.", live=True)
    ] = 20
    devices_per_account: Annotated[
        _Count,
        Key("Devices of one account; a bot may have five times as many; 0 is no limit.", live=True),
    ] = 50
    channels_per_account: Annotated[
        _Count,
        Key(
            "Channels that one account founds; a bot may found five times as many; 0 is no limit.", live=True
        ),
    ] = 100
    channels_per_day: Annotated[
        _Count,
        Key(
            "Channels that one account founds in a day; a bot may found five times as many; 0 is no limit.",
            live=True,
        ),
    ] = 50
    waiting: Annotated[
        _Count,
        Key(
            "Direct messages that wait for one person who is offline; one of more than 2 KiB counts as "
            "several; 0 is no limit.",
            live=True,
        ),
    ] = 5000
    waiting_per_sender: Annotated[
        _Count,
        Key("How many of these may be from one account; a bot five times as many; 0 is no limit.", live=True),
    ] = 500
    stored_per_day: Annotated[
        _Count,
        Key(
            "MiB that one account may have stored in a day; a bot five times as much; 0 is no limit.",
            live=True,
        ),
    ] = 64
    exempt: Annotated[
        tuple[str, ...],
        Key(
            "Networks to which the limits for sources do not apply.",
            'a list of networks, such as ["192.0.2.0/24", "2001:db8::/32"]',
            live=True,
            check=_check_networks,
        ),
    ] = ()
    flood: Annotated[bool, Key("Slow down sessions that send faster than a person types.", live=True)] = True
    sendq: Annotated[
        int,
        Meta(ge=65536, le=1 << 30),
        Key("Bytes that may wait for one peer; a peer that lets more pile up is disconnected.", live=True),
    ] = 1 << 20
    memory: Annotated[
        int,
        Meta(ge=64, le=1 << 20),
        Key(
            "MiB that everything may take which waits for somebody: half of it SendQs, a quarter lines, the "
            "rest pages of history and parts of messages.",
            live=True,
        ),
    ] = 256


class StorageSection(Struct, frozen=True, forbid_unknown_fields=True):
    """Where accounts, channels and messages are kept."""

    url: Annotated[
        str,
        Meta(pattern=r"\A(?:postgresql://[^\s\x00-\x1f\x7f]+)?\Z", max_length=1000),
        Key(
            'A PostgreSQL database, such as "postgresql://securechat@db.example.org/securechat"; "" is a '
            "SQLite file in the data directory.",
            'a URL that begins with postgresql://, or ""',
            secret=True,
        ),
    ] = ""
    reserve: Annotated[
        _Count,
        Key(
            "MiB on the data directory's disk that are kept for operators: with less, members have nothing "
            "stored; 0 is none.",
            live=True,
        ),
    ] = 64


class BackupSection(Struct, frozen=True, forbid_unknown_fields=True):
    """Backups in a directory, such as those of every night."""

    keep: Annotated[
        int,
        Meta(ge=1, le=10_000),
        Key("How many backups stay in the directory; the oldest go.", live=True),
    ] = 14
    recipients: Annotated[
        tuple[str, ...],
        Key(
            "Public keys of age or SSH; with one, these backups are encrypted, and hold the server's keys.",
            'a list of keys, such as ["age1…"]',
            live=True,
        ),
    ] = ()


class Config(Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that can be configured."""

    server: ServerSection = ServerSection()
    tls: TlsSection = TlsSection()
    identity: IdentitySection = IdentitySection()
    auth: AuthSection = AuthSection()
    channels: ChannelsSection = ChannelsSection()
    history: HistorySection = HistorySection()
    limits: LimitsSection = LimitsSection()
    storage: StorageSection = StorageSection()
    metrics: MetricsSection = MetricsSection()
    backup: BackupSection = BackupSection()
    log: LogSection = LogSection()
