"""Names: who has one, and whose looks like it, also when several do."""

from securechat.chat.state.names import Names


def test_alike() -> None:
    """Of things whose names look alike each can go, and the others are still found."""
    names: Names[int] = Names()
    for name, thing in (("noto", 1), ("ΝΟΤΟ", 2), ("n0to", 3)):
        names.add(name, thing)
    assert names.exact["noto"] == 1
    assert names.exact["νοτο"] == 2
    assert names.like("NOTO") == 1
    names.remove("noto", 1)
    assert "noto" not in names.exact
    assert names.like("noto") == 2
    names.remove("n0to", 3)
    names.remove("ΝΟΤΟ", 2)
    assert names.like("noto") is None
