"""Password hashes: argon2id, one cost for every refusal, OpaqueString."""

import logging
import re
import threading
from collections.abc import Callable

import argon2
import pytest
from argon2.low_level import Type

from securechat.chat.jobs import PasswordChecked
from securechat.storage.passwords import Hasher, WeakPassword, check_policy, generate

LEAST = {"time_cost": 2, "memory_cost": 19 * 1024, "parallelism": 1}
RIGHT, WRONG = "correct horse", "wrong horse"
WRONG_ANSWER = PasswordChecked(False)


@pytest.fixture(scope="module")
def hasher() -> Hasher:
    """A hasher with the lowest parameters that are allowed."""
    return Hasher(**LEAST)


@pytest.fixture(scope="module")
def phc(hasher: Hasher) -> str:
    """The hash of the right password."""
    return hasher.hash(RIGHT)


class Verifications:
    """Counts what a hasher lets argon2 verify: the parameters of each hash."""

    def __init__(self, hasher: Hasher, monkeypatch: pytest.MonkeyPatch) -> None:
        self.parameters: list[argon2.Parameters] = []
        verify: Callable[[str, str], bool] = hasher._argon2.verify

        def counted(_self: argon2.PasswordHasher, phc: str, password: str) -> bool:
            self.parameters.append(argon2.extract_parameters(phc))
            return verify(phc, password)

        monkeypatch.setattr(argon2.PasswordHasher, "verify", counted)


def test_hashes_are_argon2id_with_the_parameters(phc: str) -> None:
    """The PHC string names argon2id, version 1.3 and the parameters, and holds salts of its own."""
    assert phc.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert Hasher(**LEAST).hash(RIGHT) != phc


def test_the_default_parameters_are_the_documented_ones() -> None:
    """Without settings: t=3, 64 MiB, p=1."""
    assert Hasher().hash(RIGHT).startswith("$argon2id$v=19$m=65536,t=3,p=1$")


def test_right_and_wrong_passwords(hasher: Hasher, phc: str) -> None:
    """Only the password that was hashed is correct."""
    assert hasher.check(phc, RIGHT) == PasswordChecked(True)
    for wrong in (WRONG, RIGHT.upper(), RIGHT + " ", ""):
        assert hasher.check(phc, wrong) == WRONG_ANSWER


def test_equivalent_spellings_are_the_same_password(hasher: Hasher) -> None:
    """OpaqueString: NFC, and every kind of blank is a blank; nothing else is changed."""
    stored = hasher.hash("caf\u0065\u0301 au\u00a0lait")
    assert hasher.check(stored, "caf\u00e9 au lait").correct
    assert hasher.check(stored, "cafe\u0301\u2003au lait").correct
    assert not hasher.check(stored, "cafe au lait").correct
    assert not hasher.check(stored, "Caf\u00e9 au lait").correct


@pytest.mark.parametrize(
    ("stored", "password"),
    [
        pytest.param("own", WRONG, id="wrong password"),
        pytest.param(None, RIGHT, id="unknown account"),
        pytest.param("", RIGHT, id="empty hash"),
        pytest.param("!", RIGHT, id="locked hash"),
        pytest.param("$argon2id$v=19$m=19456,t=2,p=1$x$y", RIGHT, id="damaged hash"),
        pytest.param("$argon2id$v=19$m=19456,t=2,p=1$YWJjZGVmZ2g$é", RIGHT, id="hash in other letters"),
        pytest.param("$argon2id$v=19$m=١٩٤٥٦,t=2,p=1$YWJjZGVmZ2g$YWJjZGVmZ2g", RIGHT, id="other digits"),
        pytest.param("$argon2id$v=19$m=262145,t=2,p=1$YWJjZGVmZ2g$YWJjZGVmZ2g", RIGHT, id="too much memory"),
        pytest.param("$argon2i$v=19$m=19456,t=2,p=1$YWJjZGVmZ2g$YWJjZGVmZ2g", RIGHT, id="not argon2id"),
        pytest.param("own", "", id="empty password"),
        pytest.param("own", "bell \x07 inside", id="refused by OpaqueString"),
        pytest.param("own", "half \ud800 of a pair", id="no text at all"),
        pytest.param("own", "x" * 1025, id="too long"),
        pytest.param("own", "é" * 513, id="too many bytes"),
        pytest.param("own", "x" * 1_000_000, id="far too long"),
    ],
)
def test_every_refusal_costs_one_verification_with_the_current_parameters(
    phc: str, stored: str | None, password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who tries cannot tell why it was refused: argon2 works as for a wrong password, once."""
    hasher = Hasher(**LEAST)
    verified = Verifications(hasher, monkeypatch)
    assert hasher.check(phc if stored == "own" else stored, password) == WRONG_ANSWER
    current = argon2.extract_parameters(phc)
    spent = [parameters for parameters in verified.parameters if parameters == current]
    assert spent == [current]
    assert len(verified.parameters) <= 2, "a damaged hash is noticed by argon2 before it works"


@pytest.mark.parametrize("stored", ["old", "current", None, "damaged"])
def test_a_refusal_costs_the_same_beside_hashes_of_other_parameters(
    hasher: Hasher, phc: str, stored: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While an account has a hash of former parameters, each refusal is one verification with either set."""
    changed = Hasher(time_cost=3, memory_cost=19 * 1024)
    own = {"old": phc, "current": changed.hash(RIGHT), "damaged": f"{phc.rsplit('$', 2)[0]}$x$y"}
    changed.stand_beside([phc, own["current"]])
    verified = Verifications(changed, monkeypatch)
    assert changed.check(own.get(stored or ""), WRONG) == WRONG_ANSWER
    worked = sorted(parameters.time_cost for parameters in verified.parameters)
    assert worked == [2, 2, 3] if stored == "damaged" else worked == [2, 3]


def test_a_refusal_costs_the_same_beside_any_number_of_sets(
    hasher: Hasher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With eight sets of parameters it is the work of the four dearest, whoever is refused."""
    sets = [(time, memory * 1024) for time in (2, 3, 5, 7) for memory in (8, 19)]
    stored = [argon2.PasswordHasher(*each, 1).hash(RIGHT) for each in sets]
    running = Hasher(**LEAST)
    running.stand_beside(stored)
    dearest = sum(sorted(time * memory for time, memory in sets)[-4:])
    verified = Verifications(running, monkeypatch)
    for phc in (*stored, None):
        verified.parameters.clear()
        assert running.check(phc, WRONG) == WRONG_ANSWER
        work = sum(each.time_cost * each.memory_cost for each in verified.parameters)
        assert abs(work - dearest) <= dearest / 1000
        assert len(verified.parameters) <= 5
        assert phc is None or running.check(phc, RIGHT).correct


def test_a_hash_that_is_added_later_is_stood_beside_as_well(
    phc: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other threads check meanwhile: what is gone through at this moment stays as it is."""
    running = Hasher(time_cost=3, memory_cost=19 * 1024)
    gone_through = iter(running._dummies)
    running.stand_beside([phc])
    assert len(list(gone_through)) == 1
    verified = Verifications(running, monkeypatch)
    for stored in (phc, running.hash(RIGHT), None):
        verified.parameters.clear()
        assert running.check(stored, WRONG) == WRONG_ANSWER
        assert sorted(parameters.time_cost for parameters in verified.parameters) == [2, 3]


def test_a_right_password_is_right_beside_hashes_of_other_parameters(hasher: Hasher, phc: str) -> None:
    """Old or current, the one that fits lets its account in, and no other does."""
    changed = Hasher(time_cost=3, memory_cost=19 * 1024)
    changed.stand_beside([phc])
    assert changed.check(phc, RIGHT).correct
    assert changed.check(changed.hash(RIGHT), RIGHT).correct
    assert not changed.check(None, RIGHT).correct


def test_the_dummy_cannot_be_matched(hasher: Hasher) -> None:
    """No password lets an account in that does not exist."""
    for password in ("", RIGHT, "\0" * 16, "x" * 8):
        assert hasher.check(None, password) == WRONG_ANSWER


def test_an_unusable_hash_is_logged_without_its_contents(
    hasher: Hasher, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says that a stored hash is of no use; neither the hash nor the password is in it."""
    salt = "Y2FuYXJ5Y2FuYXJ5"
    with caplog.at_level(logging.DEBUG):
        for stored in (f"$argon2id$v=19$m=262145,t=2,p=1${salt}${salt}", f"$argon2i${salt}", f"${salt}"):
            caplog.clear()
            hasher.check(stored, "canary password")
            assert len(caplog.records) == 1
            assert "nobody can log in with it" in caplog.text
            assert salt not in caplog.text
            assert "canary" not in caplog.text
        caplog.clear()
        hasher.check(None, "canary password")
        assert caplog.records == []


def test_a_password_is_hashed_again_when_the_parameters_have_changed(hasher: Hasher, phc: str) -> None:
    """After a right password with other parameters, stronger or weaker, the result has a new hash."""
    other = Hasher(time_cost=3, memory_cost=19 * 1024)
    checked = other.check(phc, RIGHT)
    assert checked.correct
    assert checked.rehash is not None
    assert checked.rehash.startswith("$argon2id$v=19$m=19456,t=3,p=1$")
    assert other.check(checked.rehash, RIGHT) == PasswordChecked(True)
    assert hasher.check(checked.rehash, RIGHT).rehash is not None
    assert other.check(phc, WRONG) == WRONG_ANSWER


def test_a_hash_of_256_mib_is_still_verified(hasher: Hasher) -> None:
    """The limit is what may be used."""
    big = argon2.PasswordHasher(1, 256 * 1024, 1).hash(RIGHT)
    assert hasher.check(big, RIGHT).correct


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("time_cost", 1),
        ("memory_cost", 19 * 1024 - 1),
        ("memory_cost", 256 * 1024 + 1),
        ("parallelism", 0),
    ],
)
def test_parameters_out_of_bounds_are_refused_by_name(name: str, value: int) -> None:
    """Weaker than OWASP's minimum or bigger than the limit: the error names the setting and the bound."""
    with pytest.raises(ValueError, match=rf"auth\.argon2\.{name} is {value}: .*at (least|most)"):
        Hasher(**(LEAST | {name: value}))


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("", "too short"),
        ("seven77", "too short"),
        ("e\u0301" * 7, "too short"),
        ("x" * 1025, "longer than 1024 bytes"),
        ("é" * 513, "longer than 1024 bytes"),
        ("tab\tinside", "control or unassigned"),
        ("nul\0inside", "control or unassigned"),
        ("half \ud800 of a pair", "control or unassigned"),
        ("sct_" + "0" * 52, "token of a device"),
    ],
)
def test_weak_passwords_are_refused_with_the_reason(hasher: Hasher, password: str, reason: str) -> None:
    """The policy, and so the hasher, refuses them; the text never repeats the password."""
    for refuse in (check_policy, hasher.hash):
        with pytest.raises(WeakPassword, match=reason) as caught:
            refuse(password)
        assert not password or password not in str(caught.value)


@pytest.mark.parametrize(
    "password", ["eight888", "x" * 1024, "é" * 512, "pässwörter", "日本語日本語日本", " " * 8]
)
def test_passwords_within_the_policy_are_accepted(password: str) -> None:
    """Any eight characters that OpaqueString allows will do."""
    assert check_policy(password) == password


def test_generated_passwords_are_strong_and_readable() -> None:
    """Groups of letters and digits that are hard to confuse, 140 bits, never the same twice."""
    passwords = {generate() for _ in range(200)}
    assert len(passwords) == 200
    alphabet = set("".join(passwords)) - {"-"}
    assert alphabet == set("0123456789abcdefghjkmnpqrstvwxyz")
    for password in passwords:
        assert re.fullmatch(r"[a-z0-9]{4}(-[a-z0-9]{4}){6}", password)
        assert check_policy(password) == password


def test_one_hasher_serves_many_threads(hasher: Hasher, phc: str) -> None:
    """Checks at the same time do not disturb each other."""
    answers: list[tuple[bool, bool]] = []

    def check(right: bool) -> None:
        for _ in range(3):
            answers.append((right, hasher.check(phc, RIGHT if right else WRONG).correct))

    threads = [threading.Thread(target=check, args=[number % 2 == 0]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 12
    assert all(right == correct for right, correct in answers)


def test_only_argon2id_is_made() -> None:
    """The type is not left to the library's default."""
    assert argon2.extract_parameters(Hasher(**LEAST).hash(RIGHT)).type is Type.ID
