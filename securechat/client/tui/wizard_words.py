"""The questions on the way to a login in words, for the app and for plain questions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from securechat.client.account.wizard import Wizard
from securechat.client.account.wizard_steps import CHOICES, Step
from securechat.client.network.trust import WHERE_THE_PIN_IS
from securechat.client.safe import safe
from securechat.client.tui.language import _, later
from securechat.client.tui.phrases import told

_QUESTIONS: Final[Mapping[Step, str]] = {
    Step.SERVER: later("The server (chat.example.org), or the link of your invitation"),
    Step.PIN: later('The first 8 characters of its pin that come after "sha256:" (nothing: do not trust it)'),
    Step.WAY: later("Do you have an account there?"),
    Step.CODE: later("The code or link of your invitation"),
    Step.NAME: later("The name of your account"),
    Step.NEW_NAME: later("The name you want in the chat"),
    Step.PASSWORD: later("Your password"),
    Step.NEW_PASSWORD: later("A new password for {name} (8 characters or more)"),
    Step.SAME_PASSWORD: later("The same password once more"),
    Step.RETRY: later("Enter tries again"),
    Step.DEVICE: later("Let this computer log in without your password from now on?"),
}
_CHOICES: Final[Mapping[Step, Mapping[str, str]]] = {
    Step.WAY: {
        "account": later("yes: I have a name and a password"),
        "code": later("no, but I have the code of an invitation"),
    },
    Step.DEVICE: {"yes": later("yes: it gets a key of its own"), "no": later("no, and do not ask again")},
}
_PROBLEMS: Final = (
    later("this is not the beginning of its pin: nothing was sent to it"),
    later("the two passwords differ"),
)
assert all(tuple(_CHOICES[step]) == answers for step, answers in CHOICES.items()), "each answer has words"


@dataclass(frozen=True, slots=True)
class Words:
    """What a face shows: what there is to know first, why it is asked again, the question and its answers.
    All is made safe.
    """

    told: tuple[str, ...]
    problem: tuple[str, ...]
    question: str
    choices: tuple[tuple[str, str], ...]


def words_of(wizard: Wizard) -> Words:
    """Return what to show of the question that is asked."""
    asked = wizard.asked
    assert asked is not None, "there is a question"
    problem = _(asked.problem) if asked.problem in _PROBLEMS else told(asked.problem)
    choices = _CHOICES.get(asked.step, {})
    return Words(
        tuple(map(safe, _told(wizard, asked.step))),
        tuple(map(safe, problem.split("\n"))) if problem else (),
        safe(_(_QUESTIONS[asked.step]).format(name=wizard.name)),
        tuple((answer, _(text)) for answer, text in choices.items()),
    )


def _told(wizard: Wizard, step: Step) -> list[str]:
    where = wizard.address.short if wizard.address is not None else ""
    if step is Step.SERVER:
        return [_("Welcome to securechat.")]
    if step is Step.PIN:
        return [
            _("The certificate of {server} comes from an unknown authority.").format(server=where),
            _("If you did not expect that, somebody may be between you and the server."),
            _("Its pin:  {pin}").format(pin=wizard.pin),
            *map(told, WHERE_THE_PIN_IS),
        ]
    if step in (Step.WAY, Step.PASSWORD, Step.NAME, Step.NEW_NAME):
        return [_("{server} has proven that it is the right one.").format(server=where)]
    return []


def waiting(wizard: Wizard) -> str:
    """What is shown while the server is asked."""
    where = safe(wizard.address.short) if wizard.address is not None else ""
    return _("Asking {server}…").format(server=where)
