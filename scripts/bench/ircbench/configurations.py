"""The configuration of each server: TLS 1.3 on loopback, no limits on connections or commands.

The queues are equally large where they can be set. InspIRCd sends larger TLS records than by default, so
that it has fewer to encrypt. Pure functions.
"""

from __future__ import annotations

from pathlib import Path

SERVER_NAME = "irc.bench"

SENDQ = 64 * 1024 * 1024
"""Bytes that a server may queue for one member, where it can be configured (ngIRCd's buffer is fixed)."""


def ngircd(port: int, chain: Path, key: Path, directory: Path) -> str:
    """Of ngIRCd 26; `directory` is one without snippets to include."""
    return f"""[Global]
    Name = {SERVER_NAME}
    Info = benchmark
    AdminInfo1 = benchmark
    AdminEMail = benchmark@localhost
    Listen = 127.0.0.1
    Ports =
    MotdPhrase = benchmark
[Limits]
    MaxConnections = 0
    MaxConnectionsIP = 0
    MaxPenaltyTime = 0
    PingTimeout = 3600
[Options]
    DNS = no
    Ident = no
    PAM = no
    IncludeDir = {directory}
[SSL]
    CertFile = {chain}
    KeyFile = {key}
    CipherList = SECURE128:-VERS-ALL:+VERS-TLS1.3
    Ports = {port}
"""


def inspircd(port: int, chain: Path, key: Path) -> str:
    """Of InspIRCd 3."""
    return f"""<server name="{SERVER_NAME}" description="benchmark" network="benchmark" id="1AA">
<admin name="benchmark" nick="benchmark" email="benchmark@localhost">
<module name="ssl_gnutls">
<sslprofile name="clients" provider="gnutls" certfile="{chain}" keyfile="{key}" hash="sha256"
            priority="SECURE128:-VERS-ALL:+VERS-TLS1.3" requestclientcert="no" outrecsize="16384">
<bind address="127.0.0.1" port="{port}" type="clients" sslprofile="clients">
<connect name="members" allow="*" timeout="60" pingfreq="1h"
         limit="100000" localmax="100000" globalmax="100000"
         hardsendq="{SENDQ}" softsendq="{SENDQ}"
         recvq="{SENDQ}" threshold="1000000" commandrate="1000000"
         fakelag="no" maxconnwarn="no" resolvehostnames="no">
<dns server="127.0.0.1" timeout="1">
<options defaultmodes="nt">
<performance softlimit="100000" somaxconn="1024" netbuffersize="65534" clonesonconnect="no" timeskipwarn="0">
<log method="stdout" type="* -USERINPUT -USEROUTPUT" level="default">
"""


def ergo(port: int, chain: Path, key: Path, database: Path, languages: Path) -> str:
    """Of Ergo 2."""
    return f"""network: {{name: bench}}
server:
  name: {SERVER_NAME}
  listeners:
    "127.0.0.1:{port}": {{tls: {{cert: {chain}, key: {key}}}, min-tls-version: 1.3}}
  casemapping: ascii
  enforce-utf8: true
  max-sendq: {SENDQ >> 20}M
  idle-timeouts: {{registration: 60s, ping: 1h, disconnect: 2h}}
  ip-limits: {{count: false, throttle: false}}
  ip-cloaking: {{enabled: false}}
  compatibility: {{force-trailing: true, send-unprefixed-sasl: true, allow-truncation: true}}
accounts:
  authentication-enabled: true
  registration: {{enabled: false, throttling: {{enabled: false}}}}
  require-sasl: {{enabled: false}}
  multiclient: {{enabled: false}}
channels: {{default-modes: +nt, max-channels-per-client: 10000, registration: {{enabled: false}}}}
datastore: {{path: {database}, autoupgrade: true}}
languages: {{enabled: false, path: {languages}}}
limits:
  nicklen: 32
  identlen: 20
  realnamelen: 150
  channellen: 64
  awaylen: 390
  kicklen: 390
  topiclen: 390
  monitor-entries: 100
  whowas-entries: 100
  chan-list-modes: 100
  registration-messages: 1024
  multiline: {{max-bytes: 4096, max-lines: 100}}
fakelag: {{enabled: false}}
roleplay: {{enabled: false}}
history:
  enabled: true
  channel-length: 2048
  client-length: 256
  autoresize-window: 3d
  autoreplay-on-join: 0
  chathistory-maxmessages: 1000
logging: [{{method: stderr, type: "* -userinput -useroutput", level: warn}}]
"""


def securechat(workers: int | None) -> str:
    """Of securechat: every session its own user, password hashes at the floor that the server accepts."""
    server = f'name = "{SERVER_NAME}"' + (f"\nworkers = {workers}" if workers else "")
    return f"""[server]
{server}

[identity]
nicknames = "free"

[auth.argon2]
time_cost = 2
memory_cost = 19456
parallelism = 1

[channels]
autojoin = []

[limits]
connections_per_source = 0
connections_window = 0
sessions_per_account = 0
flood = false
sendq = {SENDQ}
"""
