"""The metrics: every counter once, names that Prometheus takes, and nobody's name."""

import math
import re
import shutil
import subprocess

import pytest

from securechat.app.metrics import DURATIONS, KNOWN, OTHERS, PREFIX, page_of
from tests.support.vitals import FakeVitals


def page(vitals: FakeVitals, accept: str = "") -> str:
    """What a scraper gets."""
    return page_of(vitals)(accept).content.decode()


def test_every_metric_of_the_tables_is_there() -> None:
    """Counters end in _total, durations are histograms in seconds."""
    text = page(FakeVitals())
    for known in KNOWN:
        assert f"# TYPE {PREFIX}{known.name} {known.kind}\n" in text
        assert (known.kind == "counter") == known.name.endswith("_total")
    for name in DURATIONS:
        assert f"# TYPE {PREFIX}{name}_seconds histogram\n" in text
    for name, (kind, _) in OTHERS.items():
        assert f"# TYPE {PREFIX}{name} {kind}\n" in text
    assert "process_resident_memory_bytes" in text


def test_groups_have_a_label_for_each_name() -> None:
    """A refusal is counted by its reason, a login by how it ended."""
    vitals = FakeVitals()
    vitals.values["refusals.waiting"] = 5
    text = page(vitals)
    assert 'securechat_refusals_total{reason="waiting"} 5.0\n' in text
    assert 'securechat_logins_total{result="throttled"} 0.0\n' in text
    assert 'securechat_queue_bytes{queue="lines"} 2.0\n' in text
    assert 'securechat_queue_limit_bytes{queue="lines"} 1.6777216e+07\n' in text


def test_buckets_hold_everything_below_their_bound() -> None:
    """As Prometheus counts, and the last one is everything."""
    text = page(FakeVitals())
    found = re.findall(r'securechat_commit_seconds_bucket\{le="(.*)"\} (.*)\n', text)
    assert [(float(bound), float(count)) for bound, count in found] == [(0.5, 3), (1.0, 5), (math.inf, 6)]
    assert "securechat_commit_seconds_count 6.0\n" in text
    assert "securechat_commit_seconds_sum 4.5\n" in text


def test_states_are_numbers() -> None:
    """Whether it is ready and why not, and when the certificate ends."""
    vitals = FakeVitals()
    vitals.values["disk_low"] = True
    text = page(vitals)
    assert "securechat_ready 0.0\n" in text
    assert 'securechat_not_ready{reason="disk"} 1.0\n' in text
    assert 'securechat_not_ready{reason="stuck"} 0.0\n' in text
    assert "securechat_disk_low 1.0\n" in text
    assert "securechat_certificate_expiry_timestamp_seconds 1.803569568e+09\n" in text


def test_nobody_is_named() -> None:
    """Who can read numbers need not know who talks."""
    assert "mallory" not in page(FakeVitals())


def test_what_a_server_does_not_have_is_left_out() -> None:
    """With PostgreSQL there is no file to measure."""
    vitals = FakeVitals()
    del vitals.values["database_bytes"]
    assert "database_bytes" not in page(vitals)


def test_a_scraper_chooses_the_form() -> None:
    """OpenMetrics for those who ask for it."""
    accept = "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"
    made = page_of(FakeVitals())(accept)
    assert made.kind.startswith("application/openmetrics-text") and made.content.endswith(b"# EOF\n")
    assert page_of(FakeVitals())("").kind.startswith("text/plain")


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is missing")
def test_promtool_finds_nothing_wrong() -> None:
    """The names and types follow the rules of Prometheus."""
    done = subprocess.run(
        ["promtool", "check", "metrics"],
        input=page(FakeVitals()),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
