"""What the client's modules bring in: a command that sends one line must not load a framework."""

import subprocess
import sys

import pytest

HEAVY = {"asyncio", "rich", "textual", "cryptography", "sqlalchemy", "alembic", "precis_i18n", "pydantic"}


def loaded_after(*modules: str) -> set[str]:
    """The top-level modules that a new interpreter has after importing these."""
    code = f"import sys, {', '.join(modules)}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    return set(
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.split()
    )


@pytest.mark.parametrize(
    "module",
    [
        "api.client",
        "plain.client",
        "network.connection",
        "plain.console",
        "network.trust",
        "account.credentials",
    ],
)
def test_no_framework_is_loaded(module: str) -> None:
    """Neither by the terminal client nor by the Python API."""
    assert not loaded_after(f"securechat.client.{module}") & HEAVY


def test_the_commands_cost_nothing_until_they_run() -> None:
    """The shell's completion imports them all."""
    loaded = loaded_after(
        "securechat.cli.client.connect", "securechat.cli.client.send", "securechat.cli.client.trust"
    )
    assert not loaded & (HEAVY | {"ssl", "securechat.client", "securechat.irc", "securechat.tls"})


def test_the_package_costs_nothing_until_it_is_used() -> None:
    """`import securechat.client` loads no part of it."""
    assert not loaded_after("securechat.client") & (HEAVY | {"ssl", "socket", "threading"})
