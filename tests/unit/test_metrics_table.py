"""The table of metrics in docs/operations.md is made from the program as it is."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_table_of_metrics_is_up_to_date() -> None:
    """Whoever adds a metric writes the table again."""
    command = [sys.executable, str(ROOT / "scripts" / "metrics_table.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
