"""The alerts for Prometheus: each fires when its trouble has lasted, and none of a server that is well."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

RULES = Path(__file__).resolve().parents[2] / "docs" / "examples" / "securechat.rules.yml"
EVERY = 60
"""Seconds between two samples, and between two looks at the rules."""
AFTER = 7_200
"""Seconds after which the rules are looked at: longer than any of them waits. The clock begins at 0."""
WELL = {
    'up{job="securechat"}': "1",
    "securechat_hub_silence_seconds": "0.5",
    'securechat_not_ready{reason="disk"}': "0",
    "securechat_store_failing": "0",
    "securechat_readers": "2",
    "securechat_readers_working": "2",
    "securechat_disk_free_bytes": "8e10",
    "securechat_disk_reserve_bytes": "6.7e7",
    "securechat_certificate_expiry_timestamp_seconds": "5184000",
    "securechat_last_backup_timestamp_seconds": "0",
    'securechat_commit_seconds_bucket{le="0.1"}': "0+100",
    'securechat_commit_seconds_bucket{le="+Inf"}': "0+100",
    'securechat_delivery_seconds_bucket{le="0.1"}': "0+100",
    'securechat_delivery_seconds_bucket{le="+Inf"}': "0+100",
    'securechat_password_wait_seconds_bucket{le="0.1"}': "0+10",
    'securechat_password_wait_seconds_bucket{le="+Inf"}': "0+10",
    'securechat_logins_total{result="ok"}': "0+600",
    'securechat_logins_total{result="wrong"}': "0+6",
    'securechat_refusals_total{reason="flood"}': "0+60",
    'securechat_queue_bytes{queue="lines"}': "1e6",
    'securechat_queue_limit_bytes{queue="lines"}': "6.7e7",
    "securechat_connections": "100",
    "securechat_connections_limit": "1000",
}
"""What a server that is well says: a value that stays, or one that grows with each sample."""
ILL = {
    "SecurechatDown": {'up{job="securechat"}': "0"},
    "SecurechatStuck": {"securechat_hub_silence_seconds": "11"},
    "SecurechatNotReady": {'securechat_not_ready{reason="disk"}': "1"},
    "SecurechatStoreFails": {"securechat_store_failing": "1"},
    "SecurechatReadersFail": {"securechat_readers_working": "1"},
    "SecurechatDiskFillsUp": {"securechat_disk_free_bytes": "1e9-4e6"},
    "SecurechatCertificateEnds": {"securechat_certificate_expiry_timestamp_seconds": "604800"},
    "SecurechatBackupOld": {"securechat_last_backup_timestamp_seconds": "-345600"},
    "SecurechatCommitsSlow": {
        'securechat_commit_seconds_bucket{le="0.1"}': "0+90",
        'securechat_commit_seconds_bucket{le="1.0"}': "0+100",
    },
    "SecurechatDeliverySlow": {
        'securechat_delivery_seconds_bucket{le="0.1"}': "0+90",
        'securechat_delivery_seconds_bucket{le="1.0"}': "0+100",
    },
    "SecurechatPasswordsWait": {
        'securechat_password_wait_seconds_bucket{le="0.1"}': "0+1",
        'securechat_password_wait_seconds_bucket{le="10.0"}': "0+10",
    },
    "SecurechatGuessing": {'securechat_logins_total{result="throttled"}': "0+60"},
    "SecurechatFlood": {'securechat_refusals_total{reason="flood"}': "0+6000"},
    "SecurechatQueueFull": {'securechat_queue_bytes{queue="lines"}': "6e7"},
    "SecurechatPlacesFull": {"securechat_connections": "900"},
}
"""What is different of a server that is not, for each alert."""

pytestmark = pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is missing")


def group(name: str, ill: dict[str, str], fires: bool) -> dict[str, object]:
    """A test of promtool: two hours of a server, and which alerts fire then."""
    series = [
        {
            "series": _of_a_host(metric),
            "values": f"{value if '+' in value or '-' in value[1:] else value + '+0'}x{AFTER // EVERY}",
        }
        for metric, value in (WELL | ill).items()
    ]
    expected = [{"labels": f'{{alertname="{name}"}}', "value": 1}] if fires else []
    firing = 'count by (alertname) (ALERTS{alertstate="firing"})'
    return {
        "name": name,
        "interval": f"{EVERY}s",
        "input_series": series,
        "promql_expr_test": [{"expr": firing, "eval_time": f"{AFTER}s", "exp_samples": expected}],
    }


def _of_a_host(metric: str) -> str:
    """The metric as Prometheus keeps it: with the instance that it was asked from."""
    name, _, labels = metric.rstrip("}").partition("{")
    return f'{name}{{instance="chat:9697"{"," if labels else ""}{labels}}}'


def run(place: Path, groups: list[dict[str, object]]) -> str:
    """Have promtool run tests; return what it complains of."""
    shutil.copy(RULES, place)
    file = place / "tests.yml"
    content = {"rule_files": [RULES.name], "evaluation_interval": f"{EVERY}s", "tests": groups}
    file.write_text(json.dumps(content))
    done = subprocess.run(
        ["promtool", "test", "rules", file.name], cwd=place, capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_each_alert_fires_alone(tmp_path: Path) -> None:
    """What has lasted for as long as it says is noticed, and taken for nothing else."""
    assert run(tmp_path, [group(name, ill, fires=True) for name, ill in ILL.items()]) == ""


def test_none_fires_of_a_server_that_is_well(tmp_path: Path) -> None:
    """Whoever is called in the night by mistake turns them off."""
    assert run(tmp_path, [group("well", {}, fires=False)]) == ""


def test_every_alert_is_tried() -> None:
    """One that is added to the file is added here."""
    named = [line.split()[-1] for line in RULES.read_text().splitlines() if "- alert:" in line]
    assert sorted(named) == sorted(ILL)
