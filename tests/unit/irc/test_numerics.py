"""The table of numerics."""

from securechat.irc import numerics
from securechat.irc.message import is_command


def table() -> dict[str, str]:
    return {name: value for name, value in vars(numerics).items() if name.startswith(("RPL_", "ERR_"))}


def test_numerics_are_three_digits_and_unique() -> None:
    """Each name has a numeric of its own, of three digits, that a line can carry."""
    values = list(table().values())
    assert len(values) > 100
    assert all(value.isdigit() and is_command(value) for value in values)
    assert len(set(values)) == len(values)


def test_errors_are_errors() -> None:
    """400 to 599 are errors, below are replies, as clients expect that do not know a numeric."""
    for name, value in table().items():
        if value < "600":
            assert name.startswith("ERR_" if value >= "400" else "RPL_"), name


def test_well_known_numerics() -> None:
    """Numerics that clients act on have the values of the specifications."""
    assert numerics.RPL_WELCOME == "001"
    assert numerics.ERR_NICKNAMEINUSE == "433"
    assert numerics.ERR_INPUTTOOLONG == "417"
    assert numerics.ERR_NOTREGISTERED == "451"
    assert (numerics.RPL_LOGGEDIN, numerics.RPL_SASLMECHS) == ("900", "908")
    assert (numerics.RPL_MONONLINE, numerics.ERR_MONLISTFULL) == ("730", "734")
