"""The picture in docs/security.md is drawn from the throttle as it is."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_picture_of_the_throttle_is_up_to_date() -> None:
    """Whoever changes a budget draws the picture again."""
    command = [sys.executable, str(ROOT / "scripts" / "throttle_plot.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_mistyped_option_writes_nothing() -> None:
    """Only with no option at all is the picture written."""
    picture = ROOT / "docs" / "throttle.svg"
    before = picture.stat().st_mtime_ns
    command = [sys.executable, str(ROOT / "scripts" / "throttle_plot.py"), "--chek"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, picture.stat().st_mtime_ns) == (2, before)
    assert done.stderr.startswith("usage: ")
