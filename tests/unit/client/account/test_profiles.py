"""Profiles: what is kept of servers and accounts, and what a person may mean."""

import stat
from pathlib import Path

import pytest

from securechat.client.account.profiles import Profile, Profiles
from securechat.client.address import Address
from securechat.client.errors import InvalidAddress, InvalidProfile
from securechat.client.paths import Places

HOST = Address("chat.test")
ALICE = Profile("", HOST, "alice", ca=Path("/ca.pem"), password_file=Path("/pw"))


def edited(places: Places, text: str) -> Profiles:
    """The profiles that a person has written."""
    places.profiles.parent.mkdir(parents=True, exist_ok=True)
    places.profiles.write_text(text)
    places.profiles.chmod(0o600)
    return Profiles(places)


def test_the_first_login_is_kept(places: Places) -> None:
    """It has the server's name, is the person's alone, and the next start finds all of it."""
    assert Profiles(places).last() is None
    new = Profiles(places).use(ALICE)
    assert new is not None and new.name == "chat.test"
    assert stat.S_IMODE(places.profiles.stat().st_mode) == 0o600
    assert Profiles(places).last() == new
    assert Profiles(places).use(ALICE) is None
    assert Profiles(places).all() == [new]


def test_the_last_one_is_the_one_that_was_used_last(places: Places) -> None:
    """Another account on the same server, and another port, get names of their own."""
    for profile in (ALICE, Profile("", HOST, "bob"), Profile("", Address("chat.test", 7000), "alice")):
        Profiles(places).use(profile)
    names = [profile.name for profile in Profiles(places).all()]
    assert names == ["chat.test", "bob@chat.test", "chat.test:7000"]
    Profiles(places).use(Profile("", HOST, "BOB"))
    last = Profiles(places).last()
    assert last is not None and last.name == "bob@chat.test"
    places.last_profile.write_text("no such profile\n")
    newest = Profiles(places).last()
    assert newest is not None and newest.name == "chat.test:7000"


def test_what_a_person_wrote_stays(places: Places) -> None:
    """Comments and order stay; a new profile is added at the end."""
    text = '# mine\n[work]\nhost = "work.test" # here\njoin = ["#ops"]'
    edited(places, text).use(ALICE)
    assert places.profiles.read_text().startswith(text)
    assert [profile.name for profile in Profiles(places).all()] == ["work", "chat.test"]
    assert Profiles(places).named("work") == Profile("work", Address("work.test"), "", join=("#ops",))


@pytest.mark.parametrize(
    "odd", ['a "quoted" \\ path', "tab\there", "del\x7f", "bell\x07", "naïve 🐈", "#x = 'y'"]
)
def test_odd_texts_come_back_as_they_were(places: Places, odd: str) -> None:
    """Whatever a path or command holds, TOML gives it back."""
    profile = Profile("", HOST, "alice", ca=Path("/" + odd), password_command=odd)
    new = Profiles(places).use(profile)
    assert new is not None
    assert Profiles(places).all() == [new]
    assert (new.ca, new.password_command) == (profile.ca, odd)


def test_a_path_that_is_no_text_is_not_written(places: Places) -> None:
    """The file stays one that can be read."""
    with pytest.raises(InvalidProfile, match="not UTF-8"):
        Profiles(places).use(Profile("", HOST, "alice", ca=Path("/\udcff")))
    assert Profiles(places).all() == []


@pytest.mark.parametrize(
    ("where", "user", "meant"),
    [
        ("chat.test", "", ("chat.test", 6697, "alice", "/ca.pem")),
        ("chat.test:6697", "Alice", ("chat.test", 6697, "alice", "/ca.pem")),
        ("chat.test", "bob", ("chat.test", 6697, "bob", "/ca.pem")),
        ("chat.test:7000", "", ("chat.test", 7000, "", None)),
        ("other.test", "", ("other.test", 8000, "carol", None)),
        ("other.test:6697", "", ("other.test", 6697, "", None)),
        ("third.test", "dan", ("third.test", 6697, "dan", None)),
    ],
)
def test_what_a_host_means(
    places: Places, where: str, user: str, meant: tuple[str, int, str, str | None]
) -> None:
    """The profile for it; another account there takes whom to trust, and not the password."""
    Profiles(places).use(ALICE)
    Profiles(places).use(Profile("", Address("other.test", 8000), "carol"))
    profile = Profiles(places).meant(where, user)
    ca = str(profile.ca) if profile.ca else None
    assert (profile.address.host, profile.address.port, profile.user, ca) == meant
    assert (profile.password_file is None) == (profile.user != "alice")


def test_a_server_that_is_opened_beside_another_is_kept_but_not_the_next_start(places: Places) -> None:
    """The next start goes where this one went."""
    first = Profiles(places).use(ALICE)
    beside = Profiles(places).use(Profile("", Address("other.test", 8000), "carol"), last=False)
    assert first is not None and beside is not None
    assert Profiles(places).last() == first
    assert Profiles(places).named(beside.name).user == "carol"


def test_a_host_that_is_none_is_refused(places: Places) -> None:
    with pytest.raises(InvalidAddress):
        Profiles(places).meant("no host")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('[a]\nhost = "h.test"\nport = 1', "profile 'a': the key 'port' is not known"),
        ("[a]\nhost = 1", "host must be a text"),
        ('[a]\nhost = "h.test"\njoin = "#ops"', "join must be a list"),
        ('[a]\nhost = "h.test"\nopen = "yes"', "open must be true or false"),
        ('[a]\nuser = "alice"', "host: "),
        ('[a]\nhost = "h.test"\npin = "md5:1"', "pin: "),
        ('[a]\nhost = "h.test"\nca = "/a"\npin = "b"', "one of ca and pin"),
        ('host = "h.test"', "'host' stands outside of a profile"),
        ("[a", "cannot be read"),
        ('[a]\nhost = "h.test"\n[a]', "cannot be read"),
    ],
)
def test_what_cannot_be_meant_is_named(places: Places, text: str, complaint: str) -> None:
    """With the file, the profile and the key."""
    with pytest.raises(InvalidProfile, match=complaint) as refused:
        edited(places, text).all()
    assert str(places.profiles) in str(refused.value)


def test_a_file_that_others_can_change_is_refused(places: Places) -> None:
    """It says whom to trust."""
    profiles = edited(places, '[a]\nhost = "h.test"\n')
    places.profiles.chmod(0o620)
    with pytest.raises(InvalidProfile, match="chmod 600"):
        profiles.all()


def test_an_unknown_name_is_answered_with_those_that_there_are(places: Places) -> None:
    with pytest.raises(InvalidProfile, match=r"no profile 'x' .*there: work"):
        edited(places, '[work]\nhost = "h.test"\n').named("x")


def test_the_installation_may_have_profiles(places: Places) -> None:
    """The person's own of the same name comes first, and theirs are never written."""
    places.site_profiles.parent.mkdir(parents=True)
    places.site_profiles.write_text('[a]\nhost = "site.test"\nuser = "s"\n[b]\nhost = "b.test"\nuser = "b"\n')
    profiles = edited(places, '[a]\nhost = "own.test"\nuser = "o"\n')
    assert [profile.address.host for profile in profiles.all()] == ["own.test", "b.test"]
    assert profiles.use(profiles.named("b")) is None
    last = profiles.last()
    assert last is not None and last.name == "b"
    assert "b.test" not in places.profiles.read_text()
