"""How often one account may change a message: edit it, react to it, take that back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from securechat.chat import limits
from tests.playbooks.runner import Playbook


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> Iterator[Playbook]:
    """Alice and bob in a channel, where three changes of a message are the most."""
    monkeypatch.setattr(limits, "MAX_CHANGES", 3)
    chat = Playbook(Path("changes"))
    with chat.store:
        chat._do_accounts("alice bob")
        chat._do_caps("echo-message message-tags")
        chat._do_login("alice bob")
        for name in ("alice", "bob"):
            chat._send(name, b"JOIN #dev")
        yield chat


def say(chat: Playbook, name: str, line: str) -> list[str]:
    """Let somebody send a line; return what they get."""
    lines = chat.links[name].lines
    lines.clear()
    chat._send(name, line.encode())
    return [*lines]


def said(chat: Playbook, name: str) -> str:
    """Let somebody say something; return its msgid."""
    (echo,) = say(chat, name, "PRIVMSG #dev :hello")
    return echo.split("msgid=", 1)[1].split(";", 1)[0].split(" ", 1)[0]


def react(to: str, number: int) -> str:
    """Return a reaction, or every other time what takes one back."""
    tag = "unreact" if number % 2 else "react"
    return f"@+draft/reply={to};+draft/{tag}=x{number} TAGMSG #dev"


def test_an_account_may_react_so_often_to_a_message(chat: Playbook) -> None:
    """What takes a reaction back counts; who else reacts, and to what else, is not concerned."""
    one, other = said(chat, "alice"), said(chat, "alice")
    for number in range(3):
        assert "TAGMSG" in say(chat, "bob", react(one, number))[0]
    (refusal,) = say(chat, "bob", react(one, 3))
    assert " FAIL TAGMSG LIMIT_REACHED #dev " in refusal
    assert " TAGMSG #dev" in say(chat, "bob", react(other, 0))[0]
    assert " TAGMSG #dev" in say(chat, "alice", react(one, 0))[0]


def test_edits_may_be_reacted_to_so_often(chat: Playbook) -> None:
    """An edit is a message of its own."""
    one = said(chat, "alice")
    (echo,) = say(chat, "alice", f"@+securechat/edit={one} PRIVMSG #dev :edited")
    edit = echo.split("msgid=", 1)[1].split(";", 1)[0]
    for number in range(3):
        assert "TAGMSG" in say(chat, "bob", react(edit, number))[0]
    (refusal,) = say(chat, "bob", react(edit, 3))
    assert " FAIL TAGMSG LIMIT_REACHED #dev " in refusal


def test_answers_are_no_changes(chat: Playbook) -> None:
    """A message may be answered as often as people like."""
    one = said(chat, "alice")
    for number in range(5):
        assert "PRIVMSG #dev" in say(chat, "bob", f"@+reply={one} PRIVMSG #dev :{number}")[0]


def test_a_message_may_be_edited_so_often(chat: Playbook) -> None:
    """An edit of an edit is one of the original."""
    one = said(chat, "alice")
    last = one
    for number in range(3):
        (echo,) = say(chat, "alice", f"@+securechat/edit={last} PRIVMSG #dev :{number}")
        last = echo.split("msgid=", 1)[1].split(";", 1)[0]
    for key in (one, last):
        (refusal,) = say(chat, "alice", f"@+securechat/edit={key} PRIVMSG #dev :4")
        assert f" FAIL PRIVMSG LIMIT_REACHED #dev {key} " in refusal


def test_a_reaction_is_short(chat: Playbook) -> None:
    """A longer one is refused, whatever it is a reaction to."""
    longest = "👍" * (limits.MAX_REACTION // 4)
    one = said(chat, "alice")
    for to in (one, "elsewhere"):
        assert "TAGMSG #dev" in say(chat, "bob", f"@+draft/reply={to};+draft/react={longest} TAGMSG #dev")[0]
        (refusal,) = say(chat, "bob", f"@+draft/reply={to};+draft/react={longest}x TAGMSG #dev")
        assert " FAIL TAGMSG INVALID_PARAMS " in refusal
