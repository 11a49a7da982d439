"""The units of systemd that the package brings."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from securechat.app import units
from securechat.app.units import UNITS, out_of_reach, sysusers

SERVICES = [name for name in UNITS if name.endswith(".service")]


def analyze(*arguments: str) -> str:
    """Run systemd-analyze, which needs no systemd that runs; return what it printed."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=60, check=False)
    if "unrecognized option" in done.stderr:
        pytest.skip("this systemd-analyze is too old for --offline")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A directory with the units, which run a program that is there."""
    for name, text in units.units(6697).items():
        (tmp_path / name).write_text(text.replace(str(units.program()), "/bin/true"))
    return tmp_path


@pytest.mark.parametrize("name", SERVICES)
def test_the_services_are_shut_in(name: str, directory: Path) -> None:
    """systemd finds that what a service could do to its host is little: 2.0 of 10 at the most."""
    said = analyze("security", "--offline=true", "--threshold=20", "--no-pager", str(directory / name))
    assert "Overall exposure level" in said


def test_a_service_without_its_sandbox_is_seen(directory: Path) -> None:
    """The bound means something: the same service with nothing that shuts it in is far above it."""
    bare = [line for line in units.units(1)["securechat.service"].splitlines() if line.startswith("ExecSt")]
    (directory / "bare.service").write_text("[Service]\n" + "\n".join(bare).replace("bin", "usr/bin") + "\n")
    with pytest.raises(AssertionError):
        analyze("security", "--offline=true", "--threshold=20", "--no-pager", str(directory / "bare.service"))


def test_the_units_are_right(directory: Path) -> None:
    """systemd knows every key of them, and what they refer to."""
    said = analyze("verify", "--recursive-errors=no", *(str(directory / name) for name in UNITS))
    assert "securechat" not in said, said


@pytest.mark.parametrize("name", UNITS)
def test_nothing_is_left_open(name: str) -> None:
    """Each unit says who wrote it, where changes belong, and is complete."""
    text = units.units(7000)[name]
    assert text.startswith(f"{units.MARK} Changes belong into a drop-in: systemctl edit {name}\n")
    assert not any(word in text for word in ("@sandbox@", "@program@", "@port@"))
    assert name != "securechat.socket" or "\nListenStream=7000\n" in text
    assert sysusers().startswith(units.MARK)


def test_a_path_with_odd_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    """A path is quoted, and its percent and dollar signs mean nothing."""
    monkeypatch.setattr("sys.prefix", '/opt/my chat 100% $HOME "x"')
    expected = 'ExecStart="/opt/my chat 100%% $$HOME \\"x\\"/bin/securechat" server '
    assert expected in units.units(1)["securechat.service"]


def test_what_a_service_cannot_reach_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program in a home directory, one that others may not read, and one that is not there."""
    program = tmp_path / "bin" / "securechat"
    monkeypatch.setattr("sys.prefix", str(tmp_path))
    assert out_of_reach() == program
    program.parent.mkdir()
    program.touch(0o755)
    monkeypatch.setattr(units, "_HIDDEN", (tmp_path,))
    assert out_of_reach() == program
    monkeypatch.setattr(units, "_HIDDEN", ())
    os.chmod(tmp_path, 0o700)  # noqa: PTH101 (as short)
    assert out_of_reach() == program
