"""An invitation as one link: `securechat://HOST[:PORT]/join/1/CODE[/PIN]`.

It holds all that a newcomer needs: where the server is, the code that makes an account, and the pin of the
server's key, which is left out where a public authority vouches for the server. The 1 is the version of this
form. No character of it means anything to a shell, unless the host is an IPv6 address in brackets (RFC 3986
§3.2.2). What host and pin have to look like is for their own readers.
"""

import re
from dataclasses import dataclass, field
from typing import Final

SCHEME: Final = "securechat://"
LONGEST: Final = 450
"""Characters of a link, so that VERIFY can carry it as well."""
_VERSION: Final = "1"
_FORM: Final = re.compile("([^/]+)/join/([0-9]+)/([A-Za-z0-9-]+)(?:/([^/]+))?/?", re.IGNORECASE)


class InvalidLink(ValueError):
    """A text is no invitation's link. The text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Link:
    """The parts of a link: `server` is HOST or HOST:PORT, `pin` is "" where there is none."""

    server: str
    code: str = field(repr=False)
    pin: str = ""

    def __str__(self) -> str:
        return f"{SCHEME}{self.server}/join/{_VERSION}/{self.code}" + (f"/{self.pin}" if self.pin else "")


def is_link(text: str) -> bool:
    """Return whether a text is meant as such a link."""
    return text[: len(SCHEME)].lower() == SCHEME


def read_link(text: str) -> Link:
    """Read a link as people paste it. Raises InvalidLink.

    Blanks, the angle brackets that mail puts around links, and a colon that was escaped are forgiven.
    """
    stripped = text.strip(" \t\r\n<>")
    if not is_link(stripped):
        raise InvalidLink(f"an invitation begins with {SCHEME}")
    if len(stripped) > LONGEST:
        raise InvalidLink(f"it has more than {LONGEST} characters")
    found = _FORM.fullmatch(stripped[len(SCHEME) :].replace("%3A", ":").replace("%3a", ":"))
    if found is None:
        raise InvalidLink("a part of it is missing, or something stands behind it: copy it whole")
    server, version, code, pin = found.groups()
    if version != _VERSION:
        raise InvalidLink(f"it has the form {version}, and this program knows only {_VERSION}: upgrade it")
    return Link(server, code, pin or "")


def code_of(text: str) -> str:
    """Return the code in a link; a text that is no link is the code itself."""
    try:
        return read_link(text).code
    except InvalidLink:
        return text
