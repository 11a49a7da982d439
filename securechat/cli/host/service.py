"""`securechat service`: the server as a service of systemd, from an empty host to one that runs."""

import os
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Annotated, Final

import typer

from securechat.app.directory import OF_SERVICE
from securechat.cli.exits import CommandFailed, ExitCode
from securechat.cli.passwords import FileOption, GenerateOption, SaveOption, StdinOption
from securechat.cli.place import Place
from securechat.cli.table import JsonOption, print_facts
from securechat.cli.telling import tell

_ETC: Final = Path("/etc/systemd/system")
_SYSUSERS: Final = Path("/etc/sysusers.d/securechat.conf")
_BOOTED: Final = Path("/run/systemd/system")
_STARTED: Final = ("securechat.socket", "securechat.service", "securechat-backup.timer")
_LAST_LINES: Final = 5
_PORT: Final = 6697

PortOption = Annotated[
    int | None,
    typer.Option(min=1, max=65535, help="The port to listen on; by default the one from before, or 6697."),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    group = typer.Typer(
        help="Run the server as a service of systemd.", no_args_is_help=True, rich_markup_mode=None
    )
    for command in (install, show, remove):
        group.command()(command)
    app.add_typer(group, name="service")


def install(
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="HOST", help="The host name by which people reach this server."),
    ] = None,
    admin: Annotated[
        str | None, typer.Option("--admin", metavar="NAME", help="Make this account, an administrator's.")
    ] = None,
    port: PortOption = None,
    password_stdin: StdinOption = False,
    password_file: FileOption = None,
    generate: GenerateOption = False,
    save: SaveOption = None,
    as_json: JsonOption = False,
) -> None:
    """Install the server as a service of this host and start it; done again, it brings a new version in.

    It runs as a user of its own, keeps everything in /var/lib/securechat, and a backup is made every night.
    People can be invited. What is configured already stays as it is.
    """
    from securechat.cli.host.founding import Founder

    _require_systemd()
    _require_reach()
    founder = Founder(admin, password_stdin, password_file, generate, save) if admin is not None else None
    written = _configured(name)
    port = port or _port_before() or _PORT
    _write_units(port)
    _run("systemd-sysusers", str(_SYSUSERS))
    _prepare(written)
    _start()
    place = _place()
    if founder is not None:
        founder.settle(place)
    _tell_how_to_go_on(place, port, admin or "NAME")
    print_facts({"data": str(OF_SERVICE), "units": list(_STARTED), "port": port}, as_json)


def show(
    unit: Annotated[
        str | None, typer.Argument(metavar="[UNIT]", show_default=False, help="Only this one.")
    ] = None,
    port: PortOption = None,
) -> None:
    """Print the units that `install` writes, for those who install them in another way."""
    from securechat.app.units import units

    found = units(port or _port_before() or _PORT)
    if unit is not None and unit not in found:
        raise typer.BadParameter(f"there is no unit {unit}, but {', '.join(found)}")
    for name, text in found.items():
        if unit in (None, name):
            if unit is None:
                tell(f"# /etc/systemd/system/{name}", out=True)
            for line in text.splitlines():
                tell(line, out=True)


def remove(as_json: JsonOption = False) -> None:
    """Stop the service and take its units away. What the server has kept stays."""
    from securechat.app.units import UNITS

    _require_systemd()
    there = [name for name in UNITS if (_ETC / name).exists()]
    if not there:
        raise CommandFailed("there is no service to remove", ExitCode.REFUSED)
    for name in there:
        _refuse_others(_ETC / name)
    _run("systemctl", "disable", "--now", *there)
    for name in there:
        (_ETC / name).unlink()
    _run("systemctl", "daemon-reload")
    tell(f"The service was removed. Everything that the server has kept is in {OF_SERVICE}.")
    print_facts({"removed": there, "data": str(OF_SERVICE)}, as_json)


def _require_systemd() -> None:
    if os.geteuid() != 0:
        raise CommandFailed("only root can install services: use sudo", ExitCode.REFUSED)
    if not _BOOTED.is_dir() or shutil.which("systemctl") is None:
        raise CommandFailed(
            "systemd does not run this host: start `securechat server` in another way, as a user of its own; "
            "`securechat service show` prints what systemd would be told"
        )


def _require_reach() -> None:
    """See that a user of its own can run this program."""
    from securechat.app.units import out_of_reach

    path = out_of_reach()
    if path is not None:
        raise CommandFailed(
            f"{path} is in a home directory, or other users cannot read it, so a service cannot run it. "
            "Install for all users, by scripts/install of a clone",
            ExitCode.REFUSED,
        )


def _configured(name: str | None) -> str | None:
    """Return the configuration to write, None when there is one. Raises CommandFailed."""
    from securechat.app.configuration import ConfigError, load

    if (OF_SERVICE / "securechat.toml").exists():
        if name is not None and _place().config.server.name != name:
            text = f"{OF_SERVICE}/securechat.toml is there already: set server.name there, without --name"
            raise CommandFailed(text, ExitCode.REFUSED)
        return None
    try:
        load(None, {"SECURECHAT_SERVER__NAME": name or ""}, {})
    except ConfigError as error:
        raise CommandFailed(str(error)) from error
    lines = ["# `securechat config default` prints every key.", "[server]"]
    lines += [f'name = "{name}"'] if name else []
    return "\n".join([*lines, "", "[identity]", 'registration = "invite"', ""])


def _write_units(port: int) -> None:
    from securechat.app.units import sysusers, units

    texts = {_ETC / name: text for name, text in units(port).items()} | {_SYSUSERS: sysusers()}
    for path in texts:
        _refuse_others(path)
    moved = _port_before() not in (None, port)
    try:
        for path, text in texts.items():
            _write(path, text)
    except OSError as error:
        raise CommandFailed(f"{path} cannot be written: {error.strerror}") from error
    _run("systemctl", "daemon-reload")
    if moved:
        _run("systemctl", "stop", "securechat.socket", "securechat.service")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o755, exist_ok=True)
    path.write_text(text, "utf-8")
    path.chmod(0o644)


def _refuse_others(path: Path) -> None:
    """Raise CommandFailed when a file was written by somebody else."""
    from securechat.app.units import MARK

    if path.exists() and not path.read_text(errors="replace").startswith(MARK):
        text = f"{path} is not of `securechat service install`: move it away first"
        raise CommandFailed(text, ExitCode.REFUSED)


def _port_before() -> int | None:
    """Return where the socket listens that is installed, if there is one."""
    unit = _ETC / "securechat.socket"
    lines = unit.read_text().splitlines() if unit.exists() else []
    ports = [line.removeprefix("ListenStream=") for line in lines if line.startswith("ListenStream=")]
    return int(ports[0]) if ports and ports[0].isascii() and ports[0].isdigit() else None


def _prepare(configuration: str | None) -> None:
    """Make the directories, and the configuration if there is none."""
    from securechat.app.units import BACKUPS, USER
    from securechat.tls.writing import write_private

    try:
        for directory in (OF_SERVICE, BACKUPS):
            directory.parent.mkdir(mode=0o755, exist_ok=True)
            directory.mkdir(mode=0o700, exist_ok=True)
            shutil.chown(directory, USER, USER)
        if configuration is not None:
            write_private(OF_SERVICE / "securechat.toml", configuration.encode())
    except OSError as error:
        raise CommandFailed(f"the directories of the server cannot be made: {error}") from error


def _start() -> None:
    _run("systemctl", "enable", *_STARTED)
    try:
        _run("systemctl", "start", "securechat.socket")
        _run("systemctl", "restart", "securechat.service")
        _run("systemctl", "start", "securechat-backup.timer")
    except CommandFailed as error:
        raise CommandFailed(f"{error}\n{_journal()}") from error


def _journal() -> str:
    """Return the last lines that the units wrote."""
    units = [word for unit in _STARTED[:2] for word in ("-u", unit)]
    command = ["journalctl", *units, "-n", str(_LAST_LINES), "-o", "cat", "--no-pager"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return f"{done.stdout.strip()}\n`journalctl {' '.join(units)}` has all of it"


def _run(*command: str) -> None:
    try:
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
    except OSError as error:
        raise CommandFailed(f"{command[0]} cannot be run: {error.strerror}") from error
    if done.returncode != 0:
        said = done.stdout.strip()
        raise CommandFailed(f"{shlex.join(command)} has failed" + (f":\n{said}" if said else ""))


def _place() -> Place:
    file = OF_SERVICE / "securechat.toml"
    return Place(OF_SERVICE, file if file.exists() else None)


def _tell_how_to_go_on(place: Place, port: int, name: str) -> None:
    from securechat.app.certificates import certificates_of, connect_line, read_identity
    from securechat.app.units import BACKUPS
    from securechat.tls.errors import CertificateProblem

    config = place.config
    try:
        identity = read_identity(certificates_of(config, place.directory).certificate)
    except CertificateProblem as error:
        raise CommandFailed(str(error)) from error
    for line in (
        "The server runs, and will after each start of this machine.",
        f"  data     {OF_SERVICE}    backups  {BACKUPS}    log  journalctl -u securechat",
        f"  connect  {connect_line(config, identity, port).replace('NAME', name)}",
        "Invite somebody with: securechat invite",
    ):
        tell(line)
