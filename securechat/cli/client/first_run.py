"""`securechat` alone where no server is known: the way to a login, in the app or by plain questions."""

import os
from typing import TYPE_CHECKING, Final

from securechat.cli.client.profiles import knows_a_server, usual_name
from securechat.cli.client.remote import answered, can_be_asked, complain, fail
from securechat.cli.exits import ExitCode
from securechat.cli.telling import begin, tell

if TYPE_CHECKING:
    from securechat.client.account.login import Login
    from securechat.client.account.wizard import Wizard
    from securechat.client.tui.wizard_words import Words

_OTHERWISE: Final = (
    "No server is known here yet:",
    "  securechat join LINK                make an account with the link of an invitation, and chat",
    "  securechat connect NAME@HOST        chat on a server where you have an account",
    "  securechat server                   run a server of your own; then, in another terminal:",
    "  securechat adduser NAME --admin     make an account on it, and `securechat connect NAME@localhost`",
    "After that `securechat` alone opens the chat. All commands: securechat --help",
)
_BACK: Final = "/back"
_HOW: Final = f"{_BACK} goes to the question before, and Ctrl+C ends this."


def is_first() -> bool:
    """Return whether a person sits at a terminal, and no server is known. Ends the program if the profiles
    cannot be read.
    """
    from securechat.client.errors import InvalidProfile

    if not (os.isatty(0) and os.isatty(1)):
        return False
    try:
        return not knows_a_server()
    except InvalidProfile as error:
        fail(error)


def first_login(*, plain: bool) -> "Login | int":
    """Return the login that a person has found the way to, or the exit code where they stopped."""
    from securechat.cli.client.window import code_of, has_room
    from securechat.client.account.errands import RealErrands
    from securechat.client.account.wizard import Wizard
    from securechat.client.paths import places

    wizard = Wizard(RealErrands(places(os.environ)), usual_name())
    if not plain and has_room(os.environ):
        from securechat.client.tui.run import find_the_way

        login, ended = find_the_way(wizard, places(os.environ), os.environ)
        return login or code_of(ended) or ExitCode.USAGE
    login = _by_questions(wizard) if can_be_asked() else None
    return login or ExitCode.USAGE


def _by_questions(wizard: "Wizard") -> "Login | None":
    """Ask line by line. An empty answer is the offer, and where there is none, it goes back."""
    from securechat.client.errors import CredentialError
    from securechat.client.tui.wizard_words import waiting, words_of

    told: tuple[str, ...] = ()
    tell(_HOW)
    while wizard.login is None:
        if wizard.work is not None:
            tell(waiting(wizard))
            wizard.work()()
            continue
        words = words_of(wizard)
        for line in words.told if words.told != told else ():
            tell(line)
        told = words.told
        if words.problem:
            complain(*words.problem)
        try:
            goes_on = _answer(wizard, words)
        except CredentialError as error:
            fail(error)
        if not goes_on:
            return None
    return wizard.login


def _answer(wizard: "Wizard", words: "Words") -> bool:
    """Ask, and take the answer; return whether the person goes on."""
    from securechat.client.account.credentials import ask_on_terminal
    from securechat.client.account.wizard_steps import SECRET, Step

    asked = wizard.asked
    assert asked is not None, "there is a question"
    if asked.step in SECRET:
        text = ask_on_terminal(f"{words.question}: ")
    elif words.choices:
        text = _choice(words)
    else:
        offer = f" [{asked.offer}]" if asked.offer else ""
        begin(f"{words.question}{offer}: ")
        text = answered()
    if text == _BACK or (not text and not asked.offer and asked.step not in (Step.PIN, Step.RETRY)):
        return wizard.back()
    wizard.answer(text)
    return True


def _choice(words: "Words") -> str:
    """Ask for one of several answers by its number."""
    tell(words.question)
    for number, (_answer, text) in enumerate(words.choices, 1):
        tell(f"  {number}  {text}")
    numbers = {str(number): answer for number, (answer, _text) in enumerate(words.choices, 1)}
    while True:
        begin(f"{'/'.join(numbers)}: ")
        text = answered()
        if text in ("", _BACK) or text in numbers:
            return numbers.get(text, text)


def way_in(*, plain: bool) -> "Login | int":
    """Find the way to a login; where a person stops on it, say what else there is, and return the code."""
    found = first_login(plain=plain)
    for line in _OTHERWISE if found == ExitCode.USAGE else ():
        tell(line)
    return found
