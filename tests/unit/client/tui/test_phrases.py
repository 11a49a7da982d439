"""No text is missing: what the app shows is marked, and what the client below it says is translated, too."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from securechat.client.events import ModesChanged, ServerText, Silenced
from securechat.client.tui import language, words
from securechat.client.tui.phrases import PHRASES, told

CLIENT: Final = Path(language.__file__).parents[1]
SAID_BELOW: Final = (
    *("protocol/session.py", "protocol/state.py", "protocol/catchup.py", "protocol/history.py"),
    *("protocol/incoming/__init__.py", "protocol/incoming/messages.py", "protocol/incoming/people.py"),
    *("network/connection.py", "network/dialing.py", "network/transport.py", "words/device_desk.py"),
    *("network/trust.py", "network/chain.py", "protocol/registration.py"),
    *("account/joining.py", "account/proving.py", "network/dialogue.py"),
)
NO_PROSE: Final = frozenset(
    {
        *("\x01ACTION {}\x01", "/react {}"),
        *("all | mentions | nothing | auto | osc9 | osc777 | bell | off",),
        *("dark | light | ansi-dark | ansi-light",),
        "# The settings of `securechat connect`. /set in the app writes this file anew.\n",
    }
)
"""What is no sentence for a person, or is for a file."""
PIECES: Final = frozenset(
    {"has a NUL", "is not UTF-8", "line {} {}, which no message can carry", "{}'s client {} yours: {}"}
    | {"has said nothing for {}", "was active just now"}
    | {
        "SASL authentication failed:",
        ": REGISTER another name",
        ".venv/bin/securechat certs show --data-dir .quickstart",
    }
)
"""Parts of sentences that `PHRASES` has as a whole."""


def prose(path: Path) -> Iterator[str]:
    """The texts of a file that read like a sentence, and are not marked: fields are `{}`."""
    tree = ast.parse(path.read_text("utf-8"))
    marked: set[ast.AST] = set()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        for statement in body if isinstance(body, list) else ():
            if isinstance(statement, ast.Expr):  # a docstring
                marked.add(statement.value)
        name = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
        if name in ("_", "later", "n_", "RuntimeError", "AssertionError") or isinstance(node, ast.Assert):
            marked.update(ast.walk(node))
        annotation = getattr(node, "annotation", None)
        if annotation is not None:
            marked.update(ast.walk(annotation))
        if isinstance(node, ast.JoinedStr):
            marked.update(part for part in node.values if isinstance(part, ast.Constant))
    for node in ast.walk(tree):
        text = "" if node in marked else _template(node)
        if re.search(r"[A-Za-z]{2,}[^A-Za-z]* [^A-Za-z]*[A-Za-z]{2,}|{} [a-z]{2,}|[A-Za-z]{3,}: {}", text):
            yield text


def _template(node: ast.AST) -> str:
    match node:
        case ast.Constant(str(text)):
            return text
        case ast.JoinedStr(parts):
            return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts)
        case _:
            return ""


def plain(text: str) -> str:
    """A sentence without the names of its fields, and without what is only for the plain client."""
    return re.sub(r"{\w*}", "{}", text).removeprefix("* ").strip()


@pytest.mark.parametrize("path", sorted((CLIENT / "tui").glob("*.py")), ids=lambda path: str(path.name))
def test_every_sentence_of_the_app_is_marked(path: Path) -> None:
    """Whatever reads like one; or it is a sentence of `PHRASES`."""
    known = set(map(plain, PHRASES)) | set(map(plain, NO_PROSE))
    assert [text for text in prose(path) if plain(text) not in known] == []


@pytest.mark.parametrize("name", SAID_BELOW)
def test_every_sentence_below_the_app_is_known(name: str) -> None:
    """As a whole, or as a part of one."""
    wholes = [plain(phrase) for phrase in PHRASES]
    missing = [
        text for text in map(plain, prose(CLIENT / name)) if not any(_is_in(text, whole) for whole in wholes)
    ]
    assert [text for text in missing if text not in PIECES] == []


def _is_in(text: str, whole: str) -> bool:
    return re.search(re.escape(text).replace(r"\{\}", ".+"), whole) is not None


@pytest.fixture
def russian() -> Iterator[None]:
    """Texts are Russian."""
    language.use("ru")
    yield
    language.use("en")


@pytest.mark.parametrize("added", [True, False])
@pytest.mark.parametrize("letter", "qaohvbeIklfWimnpstucCUZ")
def test_every_change_of_a_mode_is_translated(russian: None, letter: str, added: bool) -> None:
    """Of a channel: by somebody, by oneself, and by the server; nothing but names and the letter stays."""
    for by in ("bob", "eve", "s.test"):
        for argument in ("1", "30") if letter in "lW" else ("eve", "$m:eve"):
            event = ModesChanged("#x", by, ((added, letter, argument),), False)
            (text,) = words.happened(event)
            rest = re.sub(r"#x|bob|eve|s\.test|\$a:|\$m:|CTCP", "", text.replace(f" {letter} ", " "))
            assert not re.search("[A-Za-z]{2,}", rest), text


@pytest.mark.parametrize("letter", "owsiBx")
def test_every_change_of_ones_own_mode_is_translated(russian: None, letter: str) -> None:
    """Set and not."""
    for added in (True, False):
        (text,) = words.happened(ModesChanged("alice", "alice", ((added, letter, ""),), True))
        assert not re.search("[A-Za-z]{2,}", text.replace("alice", "")), text


@pytest.mark.parametrize(
    ("english", "translated"),
    [
        (
            "chat.example.org:6697 cannot be reached: nobody answers",
            "chat.example.org:6697 недоступен: никто не отвечает",
        ),
        ("bob has said nothing for 5 minutes", "bob молчит уже 5 мин."),
        ("#ops, 3 members: Deploys: now", "#ops, участников: 3; Deploys: now"),
        ("bob: #ops is secret", "bob: #ops теперь тайный"),
        (
            "h.test:6697 is not the server with this pin.\n  wanted: sha256:a\n  sent:   sha256:b",
            "h.test:6697 — не сервер с этим отпечатком.\n  нужен:   sha256:a\n  прислан: sha256:b",
        ),
        (
            "the certificate of h.test:6697 comes from an unknown authority.\n  --pin sha256:a",
            "сертификат h.test:6697 выдан неизвестным центром.\n  --pin sha256:a",
        ),
        (
            "the server closed the connection before the login: try again",
            "сервер закрыл соединение до входа: попробуйте ещё раз",
        ),
        ("Welcome to the network of tests", "Welcome to the network of tests"),
        ("it is one of many", "it is one of many"),
    ],
)
def test_what_is_below_is_said_in_russian(russian: None, english: str, translated: str) -> None:
    """Also a sentence in a sentence; the server's own words stay."""
    assert told(english) == translated
    assert words.happened(ServerText(english)) == [translated]


def test_in_english_nothing_changes() -> None:
    """Not even what is a sentence of ours."""
    assert told("nobody answers") == "nobody answers"
    assert words.happened(Silenced("bob", True)) == ["You ignore bob now, on all your devices"]
