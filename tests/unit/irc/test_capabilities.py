"""Capability bits."""

from securechat.irc.capabilities import CAPABILITIES, names


def test_each_capability_has_a_bit_of_its_own() -> None:
    """Two names never share a bit, and each is one bit."""
    bits = list(CAPABILITIES.values())
    assert len(set(bits)) == len(bits)
    assert all(bit.bit_count() == 1 for bit in bits)


def test_names_are_sorted() -> None:
    """CAP LS and CAP LIST show names in order."""
    assert list(CAPABILITIES) == sorted(CAPABILITIES) == names(sum(CAPABILITIES.values()))
