"""The link of an invitation: written, read as people paste it, and refused with the reason."""

import pytest

from securechat.irc.invitation import LONGEST, InvalidLink, Link, code_of, read_link

PIN = "sha256:" + "A" * 43
LINK = f"securechat://chat.example.org:7000/join/1/ab12-cd34/{PIN}"


@pytest.mark.parametrize(
    "link",
    [
        Link("chat.example.org", "ab12-cd34"),
        Link("chat.example.org:7000", "ab12-cd34", PIN),
        Link("[2001:db8::1]:7000", "ab12", PIN),
        Link("xn--bcher-kva.example", "ab12", PIN),
    ],
)
def test_what_is_written_is_read(link: Link) -> None:
    """Every part of it."""
    assert read_link(str(link)) == link


@pytest.mark.parametrize(
    "text",
    [
        f"  {LINK}\r\n",
        f"<{LINK}>",
        LINK.replace("securechat:", "SecureChat:"),
        LINK.replace("sha256:", "sha256%3a"),
        f"{LINK}/",
    ],
)
def test_what_mail_and_people_do_to_links_is_forgiven(text: str) -> None:
    """Blanks, brackets, capitals in the scheme, an escaped colon, a slash at the end."""
    assert read_link(text) == Link("chat.example.org:7000", "ab12-cd34", PIN)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "begins with"),
        ("https://chat.example.org/join/1/ab12", "begins with"),
        ("securechat://", "missing"),
        ("securechat://chat.example.org", "missing"),
        ("securechat://chat.example.org/join/1/", "missing"),
        (f"{LINK}/more", "behind it"),
        (f"{LINK}?x=1#y", None),
        (LINK.replace("/1/", "/2/"), "upgrade"),
        (LINK.replace("/1/", "/١/"), "missing"),
        ("securechat://h/join/1/" + "a" * LONGEST, "more than"),
        ("securechat://h/join/1/ab\x00cd", "missing"),
    ],
)
def test_what_is_no_link_is_refused(text: str, reason: str | None) -> None:
    """The text says what is wrong. What a pin has to look like is for the reader of pins."""
    if reason is None:
        assert read_link(text).pin != PIN
        return
    with pytest.raises(InvalidLink, match=reason):
        read_link(text)


def test_the_code_in_it() -> None:
    """A text that is no link is the code itself, and the code is in no representation."""
    assert code_of(LINK) == "ab12-cd34"
    assert code_of("ab12-cd34") == "ab12-cd34"
    assert code_of("securechat://broken") == "securechat://broken"
    assert "ab12" not in repr(read_link(LINK))
