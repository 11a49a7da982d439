"""The app's texts in the person's language. English is in the code, others are catalogues in `locale`.

A catalogue is read as it is edited (`.po`), so that nothing has to be compiled and nothing compiled is old.
"""

import gettext
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Final

CATALOGUES: Final = Path(__file__).parent / "locale"
_VARIABLES: Final = ("LC_ALL", "LC_MESSAGES", "LANG")


class _Current:
    """The catalogue in use: one for the program, as the person has one language."""

    translations: gettext.NullTranslations = gettext.NullTranslations()


def preferred(environment: Mapping[str, str]) -> str:
    """Return the language that the environment asks for, as `ru`; "en" when it asks for none.

    As gettext has it, the first variable that is not empty counts.
    """
    chosen = next((environment[name] for name in _VARIABLES if environment.get(name)), "")
    language = chosen.partition(".")[0].partition("_")[0].partition("@")[0].lower()
    return language if language and language not in ("c", "posix") else "en"


def chosen(setting: str, environment: Mapping[str, str]) -> str:
    """Return the language of a setting; `auto` is what the environment asks for."""
    return preferred(environment) if setting == "auto" else setting


def use(language: str) -> None:
    """Show texts in this language from now on; in English when there is no catalogue for it."""
    path = CATALOGUES / f"{language}.po"
    if not language.isalpha() or not path.is_file():
        _Current.translations = gettext.NullTranslations()
        return
    import polib

    catalogue = polib.pofile(str(path))
    _Current.translations = gettext.GNUTranslations(io.BytesIO(catalogue.to_binary()))


def is_english() -> bool:
    """Whether texts are shown as they are in the code."""
    return type(_Current.translations) is gettext.NullTranslations


def _(text: str) -> str:
    """Return a text in the person's language."""
    return _Current.translations.gettext(text) if text else ""


def n_(one: str, many: str, number: int) -> str:
    """Return the text that goes with a number, with the number in it."""
    return _Current.translations.ngettext(one, many, number).format(number)


def later(text: str) -> str:
    """Mark a text of a table, which `_` translates when it is shown."""
    return text
