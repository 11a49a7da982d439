"""Second factors: codes of RFC 6238, a step to either side, and secrets that nobody guesses."""

import re
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
import pytest

from securechat.app.authenticators import check, make

# "12345678901234567890" of RFC 6238, appendix B. Its codes have eight digits: the last six are those of six.
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_the_codes_of_the_rfc(seconds: int, code: str) -> None:
    """Its test vectors."""
    assert check(SECRET, code, seconds * 1000).step == seconds // 30


def test_one_step_to_either_side() -> None:
    """A clock may be 30 seconds wrong, and not more; the step is that of the code."""
    now = 1_700_000_000
    for drift in (-2, -1, 0, 1, 2):
        code = pyotp.TOTP(SECRET).at(now + 30 * drift)
        step = check(SECRET, code, now * 1000).step
        assert step == (now // 30 + drift if abs(drift) <= 1 else None)


@pytest.mark.parametrize(
    "code", ["", "28708", "2870822", "287082 ", "٢٨٧٠٨٢", "２８７０８２", "aaaa-bbbb", "\0", "x" * 4096]
)
def test_what_is_no_code(code: str) -> None:
    """Digits of other scripts are not the same."""
    assert check(SECRET, code, 59_000).step is None


def test_a_clock_at_its_beginning() -> None:
    """There is no step before the first."""
    assert check(SECRET, pyotp.TOTP(SECRET).at(0), 0).step == 0
    assert check(SECRET, pyotp.TOTP(SECRET).at(0), -90_000).step is None


def test_a_new_secret() -> None:
    """160 bits, a link that says whose it is, and ten recovery codes of 80 bits; nothing of it in a log."""
    made, other = make("zoë", "Chat & more"), make("zoë", "Chat & more")
    assert made.secret != other.secret and not set(made.codes) & set(other.codes)
    assert len(made.secret) == 32
    link = urlsplit(made.uri)
    assert (link.scheme, link.netloc, unquote(link.path)) == ("otpauth", "totp", "/Chat & more:zoë")
    assert parse_qs(link.query)["secret"] == [made.secret]
    assert len(set(made.codes)) == 10
    assert all(re.fullmatch(r"[0-9a-z]{4}(-[0-9a-z]{4}){3}", code) for code in made.codes)
    assert made.secret not in repr(made) and made.codes[0] not in repr(made)
