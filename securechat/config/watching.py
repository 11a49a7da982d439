"""The tables of the configuration for those who watch the server: the metrics and the log."""

from typing import Annotated, Literal

from msgspec import Struct

from securechat.config.key import Key


class MetricsSection(Struct, frozen=True, forbid_unknown_fields=True):
    """Pages for programs that watch the server: /metrics (Prometheus), /healthz and /readyz."""

    address: Annotated[
        str,
        Key(
            'Where they are served, such as "127.0.0.1:9697"; a port alone is of this machine only, "" is '
            "nowhere. They are without TLS and authentication: whoever can connect there reads them.",
            'an address of this machine with a port, such as "127.0.0.1:9697", a port, or ""',
            live=True,
        ),
    ] = ""
    public: Annotated[
        bool, Key("Serve them also where other machines can connect, if metrics.address says so.", live=True)
    ] = False


class LogSection(Struct, frozen=True, forbid_unknown_fields=True):
    """The log, on standard error or in a file."""

    level: Annotated[
        Literal["debug", "info", "warning", "error"], Key("The least important entries to log.", live=True)
    ] = "info"
    format: Annotated[
        Literal["auto", "text", "json"],
        Key(
            'Lines for people ("text"), or one JSON object a line ("json"); "auto" is text on a terminal and '
            "in systemd's journal, JSON elsewhere.",
            live=True,
        ),
    ] = "auto"
    file: Annotated[
        str,
        Key(
            'A file for the log, instead of standard error; one that is moved away is made anew. "" is none.',
            "a path",
            live=True,
            path=True,
        ),
    ] = ""
