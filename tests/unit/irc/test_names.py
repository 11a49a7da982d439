"""Which names are valid, which are the same, which look alike."""

import subprocess
import sys
import unicodedata
from functools import cache

import pytest
from confusable_homoglyphs.confusables import confusables_data
from hypothesis import given, settings
from hypothesis import strategies as st
from precis_i18n import get_profile

from securechat.irc.names import InvalidName, check_account, check_channel, fold, is_channel, skeleton

RLO, ZWJ = "\u202e", "\u200d"

# What a channel's name may hold, too.
GOOD = [
    "alice",
    "Alice_2",
    "_",
    "a-b",
    "Łukasz",
    "Jürgen",
    "straße",
    "İstanbul",
    "Nguyễn",
    "Νίκος",
    "ИванПётр",
]
GOOD += ["שלום", "שלום1", "علي", "नमस्ते", "क१२", "ไทย", "田中さん", "スーパー", "김철수", "안녕漢字"]

BAD = {
    "": "at least one",
    "a b": r"U\+0020",
    "a,b": "not ,",
    "a!b": "not !",
    "a@b": "not @",
    "a*": r"not \*",
    "a:b": "not :",
    "a\0": r"U\+0000",
    "a\x1b[0m": r"U\+001B",
    "a\x7f": r"U\+007F",
    "a\x85": r"U\+0085",
    "a\xa0b": r"U\+00A0",
    f"a{RLO}b": r"U\+202E",
    f"a{ZWJ}b": r"U\+200D",
    "a\ufeff": r"U\+FEFF",
    "a\u0378": r"U\+0378",
    "\ud800": r"U\+D800",
    "ﬁsh": r"U\+FB01",
    "𝐚lice": r"U\+1D41A",
    "aª": r"U\+00AA",
    "a👍": r"U\+1F44D",
    "l·l": r"U\+00B7",
    "aʹ": r"U\+02B9 belongs to no script",
    "aー": r"U\+30FC belongs to no script",
    "\u0301a": "begin with a combining mark",
    "a\u0338\u0338": "too many combining marks",
    "e\u0301\u0301": "too many combining marks",
    "a\u0338\u0337\u0336\u0335\u0334": "too many combining marks",
    "раypal": "mixes Cyrillic and Latin",
    "Νikos": "mixes Greek and Latin",
    "aさ": "mixes Hiragana and Latin",
    "a१": "mixes Devanagari and Latin",
    "क१2": "digits",
    "שלום-a": "bidi rule",
    "1שלום": "bidi rule|digit",
}


@pytest.mark.parametrize("name", GOOD)
def test_good_names(name: str) -> None:
    """Letters and digits of one script, with "_" and "-", are a name, and are shown as they were chosen."""
    assert check_account(name) == name
    assert check_channel(f"#{name}") == f"#{name}"


@pytest.mark.parametrize(("name", "says"), BAD.items(), ids=lambda value: ascii(value))
def test_bad_names(name: str, says: str) -> None:
    """Anything else is refused for accounts and channels, with a text that names what is wrong."""
    with pytest.raises(InvalidName, match=says):
        check_account(name)
    with pytest.raises(InvalidName):
        check_channel(f"#{name}")


@pytest.mark.parametrize("name", BAD)
def test_error_texts_are_safe_to_print(name: str) -> None:
    """The text of a refusal shows no character that a terminal would act on."""
    with pytest.raises(InvalidName) as caught:
        check_account(name)
    assert str(caught.value).isascii() and str(caught.value).isprintable()


@pytest.mark.parametrize("name", ["-a", "1a", "१क", "#a", "a.b", "a/b", "a+b"])
def test_accounts_are_stricter_than_channels(name: str) -> None:
    """A name that begins with a digit or "-", or holds what channels may hold, is no account's."""
    with pytest.raises(InvalidName):
        check_account(name)
    assert check_channel(f"#{name}") == f"#{name}"


@pytest.mark.parametrize("name", ["", "a", "&a", "a#", "#", "# ", "#a,b", "#a\x07", "#a:b", "#٣a"])
def test_bad_channels(name: str) -> None:
    """A channel's name is "#" and at least one character, none of which would break a list of targets."""
    with pytest.raises(InvalidName):
        check_channel(name)


def test_lengths() -> None:
    """An account has 32 characters and 64 bytes at most, a channel 64 bytes with its "#"."""
    for name in ("a" * 32, "ä" * 32, "田" * 21, "e\u0301" * 32):
        assert check_account(name) == unicodedata.normalize("NFC", name)
    for name in ("a" * 33, "田" * 22):
        with pytest.raises(InvalidName, match="32 characters"):
            check_account(name)
    assert len(check_channel("#" + "a" * 63)) == 64
    for name in ("#" + "a" * 64, "#" + "ä" * 32):
        with pytest.raises(InvalidName, match="64 bytes"):
            check_channel(name)


@pytest.mark.parametrize(
    ("typed", "shown"), [("e\u0301", "é"), ("ＡＢ", "AB"), ("\u212a", "K"), ("ｶﾄ", "カト")]
)
def test_names_are_shown_in_nfc(typed: str, shown: str) -> None:
    """Decomposed letters are composed and wide or narrow forms are mapped, before anything is compared."""
    assert check_account(typed) == shown
    assert fold(typed) == fold(shown)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Alice", "aLICE"),
        ("#General", "#gENERAL"),
        ("JÜRGEN", "jürgen"),
        ("#ÄÖ", "#äo\u0308"),
        ("#آ", "#ا\u0653"),
        ("ΣΑΣ", "σας"),
    ],
)
def test_fold_joins_spellings(one: str, other: str) -> None:
    """Case and normal form make no difference to which account or channel is meant."""
    assert fold(one) == fold(other) == fold(fold(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [("a", "b"), ("#a", "a"), ("a", "ä"), ("[a]", "{a}"), ("a~", "a^"), ("straße", "strasse"), ("ı", "i")],
)
def test_fold_separates_names(one: str, other: str) -> None:
    """Different names stay different; the old equivalences of rfc1459 do not hold."""
    assert fold(one) != fold(other)


@settings(deadline=None)
@given(name=st.text(max_size=140) | st.text(alphabet="aÄe\u0301ıİK\u212aﬁＡßẞΣשl·1- #", max_size=6))
def test_fold_never_fails(name: str) -> None:
    """Whatever a peer sends as a target folds, and only what PRECIS takes folds to a valid name."""
    folded = fold(name)
    try:
        check_channel(folded if is_channel(folded) else f"#{folded}")
    except InvalidName:
        return
    assert get_profile("UsernameCaseMapped").enforce(name.removeprefix("#")) == folded.removeprefix("#")


def test_the_longest_name_still_folds() -> None:
    """A name of 64 bytes folds even when each of its characters arrives in three code points."""
    name = check_account("ǖ" * 32)
    assert fold(unicodedata.normalize("NFD", name)) == fold(name) == name


def test_a_long_target_costs_no_folding() -> None:
    """What is too long for any name is left as it is, but for its case."""
    assert fold("E\u0301" * 65) == "e\u0301" * 65


def test_is_channel() -> None:
    """Only "#" begins a channel's name."""
    assert is_channel("#a") and is_channel("#")
    assert not is_channel("a#") and not is_channel("") and not is_channel("&a")


LOOK_ALIKE = [
    ("paypal", "раураl".replace("l", "ӏ")),
    ("Iris", "lris"),
    ("Iris", "1ris"),
    ("bill", "biII"),
    ("bob", "b0b"),
    ("OSCAR", "0scar"),
    ("modern", "rnodern"),
    ("wendy", "vvendy"),
    ("ANNA", "ΑΝΝΑ"),
    ("Nava", "Νανα"),
    ("tak", "так"),
    ("TAK", "ТАК"),
    ("Bepa", "вера"),
    ("Bepa", "ВЕРА"),
    ("cocoa", "сосоа"),
    ("l", "١"),
    ("é", "e\u0301"),
    ("カ", "力"),
    ("ɲa", "ņa"),
    ("\u06d0\u0627", "\u067b\u0627"),
    ("\u06a9\u0627", "\u0643\u0627"),
    ("#ops", "#орѕ"),
]


@pytest.mark.parametrize(("one", "other"), LOOK_ALIKE)
def test_names_that_look_alike(one: str, other: str) -> None:
    """Names that a reader takes for each other have the same skeleton."""
    assert skeleton(one) == skeleton(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *[("alice", "alicia"), ("anna", "ahha"), ("bob", "rob"), ("nava", "vava"), ("ann", "aun")],
        *[("jurgen", "jürgen"), ("mała", "maia"), ("kąt", "kalt"), ("#ops", "ops"), ("a-b", "a_b")],
        *[("иван", "ибан"), ("田中", "由中"), ("김", "감")],
    ],
)
def test_names_that_do_not_look_alike(one: str, other: str) -> None:
    """Names that can be told apart have different skeletons."""
    assert skeleton(one) != skeleton(other)


def test_the_case_of_ascii_does_not_count() -> None:
    """An ASCII nick that changes its case keeps its skeleton."""
    for name in ("iris", "MODERN", "Oil1"):
        assert skeleton(name) == skeleton(name.upper()) == skeleton(name.lower())


@settings(deadline=None)
@given(name=st.text(alphabet=st.characters(codec="ascii", categories=("L", "N")), min_size=1))
def test_ascii_has_the_skeleton_of_the_table(name: str) -> None:
    """The short way for ASCII gives what the way through the table gives."""
    assert skeleton(f"{name}ä") == f"{skeleton(name)}a\u0308"


def test_whatever_uts_39_joins_is_joined() -> None:
    """Each pair of the table of confusable characters has one skeleton, whatever else we join."""

    @cache
    def look(text: str) -> str:
        # The table puts U+200E around what is written from right to left; the umlaut rules out the short way.
        return skeleton(text.strip("\u200e") + "ä")

    pairs = [(char, pair["c"]) for char, partners in confusables_data.items() for pair in partners]
    # UTS 39 decomposes first, so what is composed is never looked up.
    joined = [pair for pair in pairs if all(unicodedata.is_normalized("NFD", char) for char in pair)]
    assert len(joined) > 10_000
    assert not [pair for pair in joined if look(pair[0]) != look(pair[1])]


@settings(deadline=None)
@given(name=st.text(max_size=20))
def test_skeleton_never_fails(name: str) -> None:
    """Any text has a skeleton, the same for each of its normal forms."""
    assert skeleton(unicodedata.normalize("NFC", name)) == skeleton(unicodedata.normalize("NFD", name))


def test_ascii_names_need_no_tables() -> None:
    """A program that meets ASCII names only does not pay for importing PRECIS and the tables of Unicode."""
    program = (
        "import sys; from securechat.irc.names import *;"
        "check_account('alice'); check_channel('#ops'); fold('Alice'); skeleton('Alice');"
        "sys.exit(any(name.startswith(('precis_i18n', 'confusable_homoglyphs')) for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
