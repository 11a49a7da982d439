"""docs/api.md: it names every class, call, option and error, with the parameters that they have."""

import re
from inspect import Parameter, signature
from pathlib import Path

import pytest

import securechat.client
from securechat.client import Client, Options, SecureChatHandler

TEXT = (Path(__file__).parents[3] / "docs" / "api.md").read_text(encoding="utf-8")
CALLS = sorted(name for name in vars(Client) if not name.startswith("_"))


@pytest.mark.parametrize("name", securechat.client.__all__)
def test_every_exported_name_is_there(name: str) -> None:
    """Classes, events and errors; what others are made of is said of those."""
    assert name in TEXT or name in ("Event", "ClientError")


@pytest.mark.parametrize("name", CALLS)
def test_every_call_is_there(name: str) -> None:
    """With its parameters, in their order."""
    assert re.search(rf"[`.]{name}[(`]", TEXT), name
    documented = re.search(rf"`(?:Client\.)?{name}\(([^`]*)\)`", TEXT)
    if documented is not None and callable(getattr(Client, name)):
        told = [part.partition("=")[0].strip(" *") for part in documented[1].split(",")]
        real = [
            parameter.name
            for parameter in signature(getattr(Client, name)).parameters.values()
            if parameter.name != "self" and parameter.kind is not Parameter.VAR_KEYWORD
        ]
        assert set(told) - {""} <= {*real, "message", '"👍"'}, name


def test_the_options_are_there() -> None:
    """Of the client and of the handler."""
    for option in Options.__annotations__:
        assert f"`{option}`" in TEXT
    for parameter in ("capacity", "dropped", "flush", "close"):
        assert parameter in TEXT
    assert SecureChatHandler.__doc__
