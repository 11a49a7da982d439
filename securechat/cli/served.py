"""Where a server listens and with which certificate: options, which no file knows, may have said so."""

from dataclasses import dataclass
from pathlib import Path

from securechat.cli.place import Place


@dataclass(frozen=True, slots=True)
class Served:
    """The port and the certificate; `public` is None when no running server has said whether it needs no pin.

    Without a running server they are what the configuration says.
    """

    port: int
    certificate: Path
    public: bool | None


def find_served(place: Place) -> Served:
    """Ask the running server, or else the configuration."""
    from securechat.app.certificates import certificates_of
    from securechat.chat.requests import Done
    from securechat.server.control_client import NoAnswer, NotRunning, ask

    config = place.config
    usual = Served(config.server.port, certificates_of(config, place.directory).certificate, None)
    try:
        answer = ask(place.directory, "identity")
    except (NotRunning, NoAnswer):
        return usual
    row = answer.rows[0] if isinstance(answer, Done) else {}
    match row.get("port"), row.get("certificate"), row.get("public"):
        case int() as port, str() as path, public:
            return Served(port, Path(path), public if isinstance(public, bool) else None)
        case _:
            return usual
