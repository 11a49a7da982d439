"""The themes: dark, light, and the sixteen colours of the terminal itself."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from textual.theme import BUILTIN_THEMES, Theme

_ON_DARK: Final = ("#7fb4ff", "#8fd18a", "#f0b26a", "#e59ad0", "#6fd3d0", "#c8a8ff")
_ON_LIGHT: Final = ("#0b5cad", "#216e1f", "#8a4b00", "#a01672", "#00696b", "#6a3bb5")
_ANSI: Final = ("ansi_blue", "ansi_green", "ansi_yellow", "ansi_magenta", "ansi_cyan", "ansi_red")


def _variables(colours: tuple[str, ...], muted: str) -> dict[str, str]:
    """The colours of names, and that of what is less important."""
    return {"muted": muted, **{f"nick-{number}": colour for number, colour in enumerate(colours)}}


DEFAULTS: Final[Mapping[str, str]] = _variables(_ON_DARK, "#9aa1ad")


def themes() -> list[Theme]:
    """Return the themes of the app."""
    dark = Theme(
        "dark",
        primary="#7fb4ff",
        secondary="#6fd3d0",
        accent="#f0b26a",
        warning="#ffd479",
        error="#ff8a80",
        success="#8fd18a",
        foreground="#e2e4e9",
        background="#14161b",
        surface="#1a1d23",
        panel="#242831",
        variables=_variables(_ON_DARK, "#9aa1ad"),
    )
    light = Theme(
        "light",
        primary="#0b5cad",
        secondary="#00696b",
        accent="#8a4b00",
        warning="#7a4f00",
        error="#a3180f",
        success="#216e1f",
        foreground="#1d2026",
        background="#ffffff",
        surface="#f3f4f6",
        panel="#e4e7ec",
        dark=False,
        variables=_variables(_ON_LIGHT, "#5a616d"),
    )
    ansi = [BUILTIN_THEMES[name] for name in ("ansi-dark", "ansi-light")]
    return [
        dark,
        light,
        *(
            replace(theme, variables={**theme.variables, **_variables(_ANSI, "ansi_default")})
            for theme in ansi
        ),
    ]
