"""The way to a login: what is asked after what, what is asked again, and that nothing is asked too early."""

from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from securechat.client.account.login import Login
from securechat.client.account.profiles import Profile
from securechat.client.account.wizard import Wizard
from securechat.client.account.wizard_steps import Errands, Step, UnknownIssuer
from securechat.client.errors import (
    ClientError,
    LoginFailed,
    OutcomeUnknown,
    Refused,
    TrustError,
    Unreachable,
)
from securechat.client.network.enrolment import Enrolment
from securechat.client.network.trust import PinTrust, Trust
from securechat.client.paths import places
from securechat.client.protocol.registration import Credentials

PIN = "sha256:" + "AbCdEfGh" + "A" * 35
LINK = f"securechat://chat.example.org/join/1/abcd-efgh/{PIN}"


class FakeErrands(Errands):
    """Does nothing but note it; `fails` are raised one after the other."""

    def __init__(self, *fails: ClientError, keys: bool = False, kept: bool = False) -> None:
        self.done: list[str] = []
        self._fails = list(fails)
        self._keys = keys
        self._kept = kept

    def _note(self, text: str) -> None:
        self.done.append(text)
        if self._fails:
            raise self._fails.pop(0)

    def look(self, profile: Profile, invited: bool, confirmed: str) -> Trust:
        self._note(f"look {profile.address} {profile.pin} {confirmed}".strip())
        return PinTrust(profile.address, PIN, Path("/nowhere"))

    def kept_login(self, trust: Trust, profile: Profile) -> Login | None:
        return self._login(profile) if self._kept else None

    def register(self, trust: Trust, name: str, password: str, code: str) -> bool:
        self._note(f"register {name} {password} {code}")
        return self._keys

    def prove(self, trust: Trust, name: str, password: str) -> bool:
        self._note(f"prove {name} {password}")
        return self._keys

    def finish(self, trust: Trust, profile: Profile, password: str, device: bool | None) -> Login:
        self._note(f"finish {profile.user} {device}")
        return self._login(profile)

    def _login(self, profile: Profile) -> Login:
        trust = PinTrust(profile.address, PIN, places({"HOME": "/nowhere"}, "linux").pinned)
        return Login(trust, Credentials(profile.user), cast(Enrolment, None), profile)


def asked(wizard: Wizard) -> tuple[Step | None, str]:
    """Do the work that is due; return what is asked then, and why."""
    while wizard.work is not None:
        wizard.work()()
    return (wizard.asked.step, wizard.asked.problem) if wizard.asked is not None else (None, "")


def play(wizard: Wizard, *answers: str) -> list[Step | None]:
    """Answer one question after the other; return what was asked then."""
    steps = []
    for answer in answers:
        wizard.answer(answer)
        steps.append(asked(wizard)[0])
    return steps


def test_an_account_that_is_there() -> None:
    """The server first, and the password only when it has proven itself."""
    errands = FakeErrands(keys=True)
    wizard = Wizard(errands, "alice")
    assert asked(wizard) == (Step.SERVER, "")
    assert play(wizard, "chat.example.org", "account", "", "secret", "yes") == [
        Step.WAY,
        Step.NAME,
        Step.PASSWORD,
        Step.DEVICE,
        None,
    ]
    assert errands.done == ["look chat.example.org:6697", "prove alice secret", "finish alice True"]
    assert wizard.login is not None


def test_an_invitation() -> None:
    """The link holds server, pin and code; a name and a password are all that is asked."""
    errands = FakeErrands()
    wizard = Wizard(errands)
    assert play(wizard, f" <{LINK}> ", "bob", "long enough", "long enough") == [
        Step.NEW_NAME,
        Step.NEW_PASSWORD,
        Step.SAME_PASSWORD,
        None,
    ]
    assert errands.done == [
        f"look chat.example.org:6697 {PIN}",
        "register bob long enough abcd-efgh",
        "finish bob None",
    ]


def test_a_code_without_a_link() -> None:
    """And the link where only the code is asked for."""
    errands = FakeErrands()
    wizard = Wizard(errands)
    play(wizard, "alice@chat.example.org:7000", "code", LINK, "alice", "long enough", "long enough")
    assert errands.done[:2] == ["look chat.example.org:7000", "register alice long enough abcd-efgh"]


def test_a_link_to_another_server_gives_its_code_to_that_one_only() -> None:
    """Also where the code of an invitation to this one is asked for."""
    errands = FakeErrands()
    wizard = Wizard(errands)
    steps = play(wizard, "other.example.org", "code", LINK, "alice", "long enough", "long enough")
    assert steps[2:] == [Step.NEW_NAME, Step.NEW_PASSWORD, Step.SAME_PASSWORD, None]
    assert errands.done[1:] == [
        f"look chat.example.org:6697 {PIN}",
        "register alice long enough abcd-efgh",
        "finish alice None",
    ]
    assert wizard.login is not None and wizard.login.trust.address.host == "chat.example.org"
    play(wizard := Wizard(errands), "other.example.org", "code", f"<{LINK}zzz>")
    assert asked(wizard)[0] is Step.SERVER and "not an invitation's link" in asked(wizard)[1]


def test_an_unknown_issuer() -> None:
    """The answer no is the default; yes is the beginning of the pin, which is held to from then on."""
    for answer, step in (
        ("", Step.SERVER),
        ("y", Step.SERVER),
        ("AbCdEfG", Step.SERVER),
        ("abcdefgh", Step.SERVER),
        ("AbCdEfGh", Step.WAY),
        (PIN, Step.WAY),
    ):
        errands = FakeErrands(UnknownIssuer(PIN))
        wizard = Wizard(errands)
        assert play(wizard, "chat.example.org", answer) == [Step.PIN, step]
        trusted = [f"look chat.example.org:6697  {PIN}"] if step is Step.WAY else []
        assert errands.done[1:] == trusted


@pytest.mark.parametrize(
    ("error", "step"),
    [
        (Refused("ACCOUNT_EXISTS", "taken"), Step.NEW_NAME),
        (Refused("WEAK_PASSWORD", "too short"), Step.NEW_PASSWORD),
        (Refused("INVALID_CODE", "used up"), Step.CODE),
        (Refused("TEMPORARILY_UNAVAILABLE", "later"), Step.RETRY),
        (Unreachable("gone"), Step.RETRY),
        (TrustError("the key has changed"), Step.SERVER),
    ],
)
def test_only_what_was_refused_is_asked_again(error: ClientError, step: Step) -> None:
    """With the words of the refusal; the answer to it is enough."""
    errands = FakeErrands()
    wizard = Wizard(errands)
    play(wizard, LINK, "bob", "long enough")
    errands._fails = [error]
    wizard.answer("long enough")
    assert asked(wizard) == (step, str(error))
    answers = {
        Step.NEW_NAME: ("bert",),
        Step.NEW_PASSWORD: ("longer still", "longer still"),
        Step.CODE: ("wxyz",),
        Step.RETRY: ("",),
    }.get(step, ())
    play(wizard, *answers)
    assert (wizard.login is not None) == bool(answers)


def test_a_wrong_password_is_asked_again() -> None:
    """Back goes to the name, in which the old one stands."""
    errands = FakeErrands()
    wizard = Wizard(errands)
    play(wizard, "chat.example.org", "account", "alcie")
    errands._fails = [LoginFailed("wrong name or password")]
    wizard.answer("secret")
    assert asked(wizard) == (Step.PASSWORD, "wrong name or password")
    assert wizard.back() and wizard.asked is not None
    assert (wizard.asked.step, wizard.asked.offer) == (Step.NAME, "alcie")
    assert play(wizard, "alice", "secret")[-1] is None


def test_an_outcome_that_is_unknown_is_found_out() -> None:
    """The account may be there: then it is logged in to, and else it is made."""
    for fails, done in (
        ([OutcomeUnknown("lost")], ["register", "prove", "finish"]),
        ([OutcomeUnknown("lost"), LoginFailed("no")], ["register", "prove", "register", "finish"]),
    ):
        errands = FakeErrands()
        wizard = Wizard(errands)
        play(wizard, LINK, "bob", "long enough")
        errands._fails = list(fails)
        assert play(wizard, "long enough", "") == [Step.RETRY, None]
        assert [text.partition(" ")[0] for text in errands.done[1:]] == done


def test_what_cannot_be_is_said_at_once() -> None:
    """Nothing is asked of any server then."""
    errands = FakeErrands()
    wizard = Wizard(errands)
    for text, problem in (
        ("chat.example.org:x", "not a number"),
        ("securechat://x", "missing"),
        ("https://chat.example.org/", "it is a link"),
    ):
        wizard.answer(text)
        step, why = asked(wizard)
        assert step is Step.SERVER and problem in why
    assert errands.done == []
    play(wizard, LINK, "7up")
    assert asked(wizard)[0] is Step.NEW_NAME and "digit" in asked(wizard)[1]
    play(wizard, "bob", "one thing", "another thing")
    assert asked(wizard) == (Step.NEW_PASSWORD, "the two passwords differ")
    play(wizard, "x" * 600)
    assert asked(wizard)[0] is Step.NEW_PASSWORD and "too long" in asked(wizard)[1]


def test_back_goes_back_and_then_out() -> None:
    """Question by question; before the first one there is none."""
    wizard = Wizard(FakeErrands())
    play(wizard, "chat.example.org", "code", "abcd", "bob", "long enough")
    steps = []
    while wizard.back():
        steps.append(asked(wizard)[0])
    assert steps == [Step.NEW_PASSWORD, Step.NEW_NAME, Step.CODE, Step.WAY, Step.SERVER]


def test_back_leaves_a_server_that_does_not_answer() -> None:
    """What it says after all changes nothing. An account that is being made is waited for."""
    wizard = Wizard(FakeErrands())
    wizard.answer("chat.example.org")
    assert wizard.work is not None
    late = wizard.work()
    assert wizard.back() and wizard.asked is not None and wizard.asked.step is Step.SERVER
    late()
    assert wizard.asked.step is Step.SERVER
    play(wizard, LINK, "bob", "long enough")
    wizard.answer("long enough")
    assert wizard.back() and wizard.asked is None and wizard.work is not None


def test_the_question_about_the_device_can_be_left_out() -> None:
    """The account is there: going back from here is no answer."""
    errands = FakeErrands(keys=True)
    wizard = Wizard(errands)
    play(wizard, "chat.example.org", "account", "alice", "secret")
    assert wizard.back()
    assert asked(wizard)[0] is None and errands.done[-1] == "finish alice None"


def known(**more: str) -> Profile:
    """A profile of alice."""
    from securechat.client.address import parse_address

    return Profile("work", parse_address("chat.example.org"), more.get("user", "alice"), pin=PIN)


def test_a_profile_asks_only_what_is_not_kept() -> None:
    """Nothing, where there is a key; else the password."""
    wizard = Wizard(FakeErrands(kept=True), profile=known())
    assert asked(wizard)[0] is None and wizard.login is not None
    errands = FakeErrands()
    wizard = Wizard(errands, profile=known())
    assert asked(wizard)[0] is Step.PASSWORD
    assert play(wizard, "secret")[-1] is None
    assert errands.done == [f"look chat.example.org:6697 {PIN}", "prove alice secret", "finish alice None"]


@pytest.mark.parametrize("leave", [Wizard.back, lambda wizard: wizard.back()])
def test_a_profile_whose_server_is_away_can_be_tried_again(leave: Callable[[Wizard], bool]) -> None:
    """Or left."""
    wizard = Wizard(FakeErrands(Unreachable("nobody answers")), profile=known())
    assert asked(wizard) == (Step.RETRY, "nobody answers")
    assert not leave(wizard)
    assert play(wizard, "") == [Step.PASSWORD]
