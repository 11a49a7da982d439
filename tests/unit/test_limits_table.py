"""The table of limits in docs/operations.md is made from the program as it is."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_table_of_limits_is_up_to_date() -> None:
    """Whoever changes a limit writes the table again, and says what is answered at a new one."""
    command = [sys.executable, str(ROOT / "scripts" / "limits_table.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
