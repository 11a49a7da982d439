"""What `pip install --require-hashes -r requirements/…` gets."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCKS = ("runtime", "acme", "dev")


def entries(lock: str) -> dict[str, list[str]]:
    """Name → the parts of its entry: requirement, hashes."""
    text = (ROOT / f"requirements/{lock}.txt").read_text("utf-8")
    joined = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    lines = [re.split(r"\s+--hash=", line.strip()) for line in joined.splitlines()]
    return {canonicalize_name(Requirement(line[0]).name): line for line in lines}


def wanted(lock: str) -> list[Requirement]:
    groups = PROJECT["dependency-groups"]
    more = {
        "runtime": groups["build"],
        "acme": [*groups["build"], *PROJECT["project"]["optional-dependencies"]["acme"]],
        "dev": [*groups["build"], *groups["dev"]],
    }
    return [
        Requirement(text)
        for text in [*PROJECT["project"]["dependencies"], *more[lock]]
        if isinstance(text, str)
    ]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_entry_is_one_version_with_hashes(lock: str) -> None:
    """Each package has an exact version and the SHA-256 of its files, and comes from no named place."""
    for requirement, *hashes in entries(lock).values():
        parsed = Requirement(requirement)
        assert [specifier.operator for specifier in parsed.specifier] == ["=="], requirement
        assert parsed.url is None
        assert hashes and all(re.fullmatch(r"sha256:[0-9a-f]{64}", text) for text in hashes), requirement


@pytest.mark.parametrize("lock", LOCKS)
def test_no_lock_names_an_index(lock: str) -> None:
    """A lock has no address and no option besides the hashes: the machine's index is used."""
    text = (ROOT / f"requirements/{lock}.txt").read_text("utf-8")
    assert "://" not in text
    assert set(re.findall(r"--[a-z-]+", text)) == {"--hash"}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_what_pyproject_asks_for(lock: str) -> None:
    """Bounds that were changed without running scripts/lock are seen."""
    locked = {name: Requirement(line[0]).specifier for name, line in entries(lock).items()}
    for requirement in wanted(lock):
        (version,) = locked[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version.version), f"{requirement} is locked as {version}"


def test_tests_run_with_what_users_get() -> None:
    """Every package of the other locks is in the one for tests, with the same version and hashes.

    It may be needed on more platforms there.
    """
    runtime, extra, dev = entries("runtime"), entries("acme"), entries("dev")
    for name, (requirement, *hashes) in (*runtime.items(), *extra.items()):
        needed, *same = dev[name]
        assert same == hashes, name
        assert needed in (requirement, requirement.partition(" ;")[0]), name
