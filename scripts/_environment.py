"""Makes the virtual environment of a clone and brings it up to date; prints its directory.

Run by any Python ≥ 3.11, with the standard library alone. `_environment.py runtime` is `.venv`, with the
package installed as users get it; `_environment.py host` is /opt/securechat, the same for all users of this
machine, with the extras; `_environment.py dev` is `.venv-dev-<version>`, with an editable install and the
tools.

Theory of operation: a stamp in the environment holds two digests, of what cannot change in place
(interpreter, and path of the clone: scripts carry it in their first line) and of what was installed (lock,
package). While both match there is nothing to do; else the environment is made anew, or only installed into
again. The first digest is written when the environment is there, the second when everything is installed, so
that the next run repairs an interrupted one.
"""

import contextlib
import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
# Settings of the machine's pip that would put packages elsewhere, or refuse the package itself, which has no
# hash. The rest (index, proxy, certificates) is the machine's business and stays.
PIP_OVERRIDES: Final = {"PIP_USER": "0", "PIP_REQUIRE_HASHES": "0"}
PIP_IGNORED: Final = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_PYTHON", "PIP_DRY_RUN", "PIP_NO_DEPS")


class Failed(Exception):
    """Nothing more can be done; the text is for the person who started the script."""


@dataclass(frozen=True, slots=True)
class Environment:
    """One virtual environment: where it is, what is installed into it, and what makes that out of date."""

    directory: Path
    lock: Path
    package: tuple[str, ...]
    sources: tuple[Path, ...]

    @property
    def python(self) -> Path:
        return self.directory / "bin" / "python"

    @property
    def stamp(self) -> Path:
        return self.directory / "securechat.stamp"


def runtime() -> Environment:
    """What `scripts/quickstart` runs: the package is copied in, so every source file counts."""
    package = ROOT / "securechat"
    sources = tuple(sorted(f for f in package.rglob("*") if f.is_file() and "__pycache__" not in f.parts))
    return Environment(
        ROOT / ".venv", ROOT / "requirements/runtime.txt", (str(ROOT),), (ROOT / "README.md", *sources)
    )


def host() -> Environment:
    """What `scripts/install` makes for all users of this machine, with all extras."""
    user = runtime()
    lock = ROOT / "requirements/acme.txt"
    return Environment(Path("/opt/securechat"), lock, user.package, user.sources)


def dev() -> Environment:
    """What tests and checks run in: one for each version of Python; the package is read from the clone."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}{sys.abiflags}"
    return Environment(
        ROOT / f".venv-dev-{version}",
        ROOT / "requirements/dev.txt",
        ("--editable", str(ROOT)),
        (ROOT / "securechat/__init__.py",),
    )


def identity() -> str:
    """The digest of what an environment cannot change in place."""
    return _digest(str(ROOT), sys.implementation.cache_tag or sys.implementation.name, sys.abiflags)


def content(environment: Environment) -> str:
    """The digest of what is installed."""
    files = (environment.lock, ROOT / "pyproject.toml", Path(__file__), *environment.sources)
    return _digest(*(part for file in files for part in (str(file.relative_to(ROOT)), file.read_bytes())))


def _digest(*parts: str | bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        encoded = os.fsencode(part)
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.hexdigest()


def bring_up_to_date(environment: Environment) -> None:
    """Makes the environment or installs what has changed; returns at once when nothing has."""
    stamped = environment.stamp.read_text().split() if environment.stamp.exists() else []
    wanted = [identity(), content(environment)]
    if stamped == wanted and os.access(environment.python, os.X_OK):
        return
    outdated = bool(stamped) and stamped[0] != wanted[0]
    if outdated or not _usable(environment):
        _create(environment)
    environment.stamp.write_text(wanted[0] + "\n")
    _say(f"installing into {environment.directory} (the first time takes about a minute)")
    _pip(environment, "--require-hashes", "--requirement", str(environment.lock))
    _pip(environment, "--no-deps", "--no-build-isolation", "--force-reinstall", *environment.package)
    environment.stamp.write_text("\n".join(wanted) + "\n")


def _usable(environment: Environment) -> bool:
    """Whether it has pip and our version of Python; one that the user made is then taken as it is."""
    if not os.access(environment.python, os.X_OK):
        return False
    probe = f"import sys, pip._internal.cli.main; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    return _run(environment.python, "-I", "-c", probe, quiet=True) == 0


def _create(environment: Environment) -> None:
    if environment.directory.exists() and not (environment.directory / "pyvenv.cfg").exists():
        raise Failed(f"{environment.directory} is in the way and is no virtual environment: move it")
    # Not sys.executable: in an activated environment that is the file which is about to be replaced.
    interpreter = Path(getattr(sys, "_base_executable", sys.executable))
    if _run(interpreter, "-I", "-m", "venv", "--clear", str(environment.directory)) != 0:
        raise Failed(f"could not make the virtual environment {environment.directory} (the reason is above)")


def _pip(environment: Environment, *arguments: str) -> None:
    # Twice quiet: errors only.
    options = ("--quiet", "--quiet", "--no-input", "--disable-pip-version-check")
    if _run(environment.python, "-I", "-m", "pip", "install", *options, *arguments) != 0:
        raise Failed("pip could not install what is needed (the reason is above); is the index reachable?")


def _run(program: Path, *arguments: str, quiet: bool = False) -> int:
    """Runs to the end with its output on standard error; standard output is for the answer alone."""
    surroundings = {key: value for key, value in os.environ.items() if key not in PIP_IGNORED} | PIP_OVERRIDES
    output = subprocess.DEVNULL if quiet else sys.stderr
    arguments = (str(program), *arguments)
    return subprocess.run(arguments, env=surroundings, cwd=ROOT, stdout=output, stderr=output).returncode


def _say(text: str) -> None:
    print(f"securechat: {text}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Two scripts that start at once in one clone must not install at the same time: the second waits."""
    with Path(__file__).open("rb") as file:
        # Some network file systems cannot lock; then nobody waits.
        with contextlib.suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main() -> int:
    kinds = {"runtime": runtime, "host": host, "dev": dev}
    if len(sys.argv) != 2 or sys.argv[1] not in kinds:
        print("usage: _environment.py {runtime|host|dev}", file=sys.stderr)
        return 2
    try:
        with _alone():
            environment = kinds[sys.argv[1]]()
            bring_up_to_date(environment)
    except Failed as failure:
        _say(str(failure))
        return 1
    except KeyboardInterrupt:
        return 130
    print(environment.directory)
    return 0


if __name__ == "__main__":
    sys.exit(main())
