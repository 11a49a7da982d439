"""Every text of the app in every language: none is missing, none is left over, and the names' places stay."""

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest

from securechat.client.tui import language
from securechat.client.tui.language import CATALOGUES, _, n_, preferred

APP = CATALOGUES.parent
LANGUAGES = sorted(path.stem for path in CATALOGUES.glob("*.po"))


def texts() -> Iterator[tuple[str, str]]:
    """The texts that the code marks: in one form, or for one and for many."""
    for path in APP.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            marked = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
            if node.func.id in ("_", "later") and marked and marked[0]:
                yield str(marked[0]), ""
            elif node.func.id == "n_":
                yield str(marked[0]), str(marked[1])


def fields(text: str) -> set[str]:
    return {name for _literal, name, _spec, _conversion in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_text_is_there(code: str) -> None:
    """Also for each number, where the language has several forms."""
    catalogue = polib.pofile(str(CATALOGUES / f"{code}.po"))
    known = {entry.msgid: entry for entry in catalogue}
    wanted = dict(texts())
    assert sorted(known) == sorted(wanted)
    forms = int(re.findall(r"nplurals=(\d+)", catalogue.metadata["Plural-Forms"])[0])
    for msgid, plural in wanted.items():
        entry = known[msgid]
        translated = list(entry.msgstr_plural.values()) if plural else [entry.msgstr]
        assert entry.msgid_plural == plural and len(translated) == (forms if plural else 1)
        assert all(text and fields(text) == fields(msgid) for text in translated), msgid
        assert not entry.fuzzy


def test_there_is_russian() -> None:
    """And it counts as Russian does."""
    assert LANGUAGES == ["ru"]
    language.use("ru")
    try:
        assert _("Channels") == "Каналы"
        assert [n_("{} new", "{} new", number) for number in (1, 2, 5, 21)] == [
            "1 новое", "2 новых", "5 новых", "21 новое"
        ]  # fmt: skip
    finally:
        language.use("en")
    assert _("Channels") == "Channels"


@pytest.mark.parametrize(
    ("environment", "code"),
    [
        ({}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "ru_RU.UTF-8"}, "ru"),
        ({"LANG": "ru_RU.UTF-8", "LC_ALL": "", "LC_MESSAGES": "en_GB"}, "en"),
        ({"LC_ALL": "POSIX", "LANG": "ru_RU"}, "en"),
        ({"LANG": "../../etc/passwd"}, "en"),
    ],
)
def test_the_environment_chooses(environment: dict[str, str], code: str) -> None:
    """As gettext has it; a language without a catalogue is English, whatever it is called."""
    assert preferred(environment) == code
    language.use(preferred(environment) if code != "ru" else "en")
    assert _("Channels") == "Channels"


def test_the_catalogues_are_in_the_package() -> None:
    """They are files beside the code."""
    assert Path(CATALOGUES / "ru.po").is_file()
