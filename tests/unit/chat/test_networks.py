"""Networks of addresses, and how long something holds."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securechat.chat.durations import InvalidDuration, looks_like_one, parse
from securechat.chat.networks import Networks

ADDRESSES = st.ip_addresses()


@given(ADDRESSES, st.integers(0, 128), ADDRESSES)
def test_a_network_holds_what_is_in_it(base: object, length: int, other: object) -> None:
    """For any network and address, of either version, it is as the standard library says."""
    network = ip_network(f"{base}/{min(length, ip_address(str(base)).max_prefixlen)}", strict=False)
    networks = Networks([str(network), "192.0.2.0/24"])
    for address in (ip_address(str(base)), ip_address(str(other))):
        expected = {str(one) for one in (network, ip_network("192.0.2.0/24")) if address in one}
        assert set(networks.holding(address)) == expected
    networks.discard(str(network))
    networks.discard(str(network))
    networks.discard("192.0.2.0/24")
    assert not networks


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30m", 1800),
        ("12h", 43_200),
        ("7d", 604_800),
        ("2W", 1_209_600),
        ("1d12h", 129_600),
        ("-", 0),
        ("", 0),
    ],
)
def test_a_duration(text: str, seconds: int) -> None:
    """Units are s, m, h, d and w, in any case; nothing is for ever."""
    assert parse(text) == seconds * 1000


@pytest.mark.parametrize("text", ["7", "d", "1y", "-1d", "٣d", "1d ", "99999999999d", "3651d", "0s", "1.5h"])
def test_what_says_no_time(text: str) -> None:
    """It is refused with what would do."""
    with pytest.raises(InvalidDuration, match=r"30m|3650d"):
        parse(text)


def test_words_are_no_durations() -> None:
    """A reason may follow at once."""
    assert looks_like_one("12h")
    assert not any(looks_like_one(word) for word in ("12", "hello", "5days", "1h!"))
