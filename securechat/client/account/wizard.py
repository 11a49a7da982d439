"""From nothing to a login, step by step: a machine without I/O, which the app and plain questions share.

Theory of operation. `asked` is what the person is asked now; `answer` takes what they say, `back` goes to
the question before. Where the server is needed, `asked` is None and `work` has to be done: a function that
blocks, for any thread, and returns a function that the face calls on its own thread, after which there is the
next question. At the end `login` is there. What the errands raise becomes the next question's `problem`, so
that only what was refused is asked again.

The server has proven itself before a name or a password is asked for: `Errands.look` is always first, and no
question about the account comes before its answer.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeVar

from securechat.client import errors
from securechat.client.account import joining
from securechat.client.account.login import Login
from securechat.client.account.profiles import Profile
from securechat.client.account.wizard_steps import (
    CHOICES,
    DIFFER,
    NOT_ITS_PIN,
    SECRET,
    Asked,
    Errands,
    Step,
    UnknownIssuer,
    begins,
)
from securechat.client.address import Address, parse_address
from securechat.client.errors import ClientError, LoginFailed, OutcomeUnknown, Refused, Unreachable
from securechat.client.invitation import Invitation, is_elsewhere, read_invitation
from securechat.client.network.trust import Trust
from securechat.irc.invitation import code_of, is_link
from securechat.irc.names import InvalidName, check_account

Result = TypeVar("Result")
Work = Callable[[], Callable[[], None]]


class Wizard:
    """One way to a login. `usual` is the name that is offered."""

    def __init__(self, errands: Errands, usual: str = "", profile: Profile | None = None) -> None:
        self.asked: Asked | None = None
        self.work: Work | None = None
        self.login: Login | None = None
        self.address: Address | None = None
        self.pin = ""
        """The pin that the person has to compare."""
        self.name = self._where = ""
        self._errands = errands
        self._usual = usual
        self._profile = profile
        self._trail: list[Step] = []
        self._leaves = False
        self._turn = 0
        self._forget()
        if profile is None:
            self.asked = Asked(Step.SERVER)
        else:
            self.address, self.name = profile.address, profile.user
            self._look()

    def _forget(self) -> None:
        self._invitation: Invitation | None = None
        self._code = ""
        self._password = self._new = ""
        self._trust: Trust | None = None
        self._unsure = False
        self._again: Callable[[], None] | None = None

    # The face's side

    def answer(self, text: str) -> None:
        """Take the answer to what is asked."""
        assert self.asked is not None, "there is a question"
        step, offer = self.asked.step, self.asked.offer
        text = text if step in SECRET else text.strip() or offer
        if not text and step is not Step.RETRY:
            self.asked = Asked(step, offer=offer) if step is not Step.PIN else self._start_again()
            return
        if step in CHOICES and text not in CHOICES[step]:
            self.asked = Asked(step)
            return
        _STEPS[step](self, text)

    def back(self) -> bool:
        """Go to the question before; return False where there is none: the person wants to stop."""
        if self.asked is None:
            if not self._leaves:
                return True  # what the server does now cannot be taken back: wait
            self.work, self._turn = None, self._turn + 1
        elif self.asked.step is Step.DEVICE:
            self._finish(None)  # the account is there: only this question is left out
            return True
        if not self._trail:
            return False
        self.asked = self._question(self._trail.pop())
        return True

    # Questions

    def _ask(self, step: Step, problem: str = "") -> None:
        if step in self._trail:
            del self._trail[self._trail.index(step) :]
        self.asked, self.work = self._question(step, problem), None

    def _question(self, step: Step, problem: str = "") -> Asked:
        named = step in (Step.NAME, Step.NEW_NAME)
        return Asked(step, problem, (self.name or self._usual) if named else "")

    def _passed(self, *steps: Step) -> None:
        """These are answered: `back` goes there."""
        self._trail += [step for step in steps if step not in self._trail]

    def _start_again(self) -> Asked:
        self._trail.clear()
        return Asked(Step.SERVER)

    # Work

    def _do(
        self,
        job: Callable[[], Result],
        then: Callable[[Result], None],
        failed: Callable[[ClientError], None],
        *,
        leaves: bool = False,
    ) -> None:
        """Have a job done; `leaves`: the person may go back meanwhile, since nothing comes of it then."""
        self._turn += 1
        turn = self._turn

        def work() -> Callable[[], None]:
            try:
                result = job()
            except ClientError as error:
                problem = error
                return lambda: self._come(turn, lambda: failed(problem))
            return lambda: self._come(turn, lambda: then(result))

        self.asked, self.work, self._leaves = None, work, leaves

    def _come(self, turn: int, then: Callable[[], None]) -> None:
        if turn == self._turn:
            self.work = None
            then()

    def _look(self, confirmed: str = "") -> None:
        assert self.address is not None, "it was named"
        invitation = self._invitation
        pin = invitation.pin if invitation is not None else ""
        profile = self._profile or Profile("", self.address, self.name, pin=pin)

        def job() -> tuple[Trust, Login | None]:
            trust = self._errands.look(profile, invitation is not None, confirmed)
            kept = self._errands.kept_login(trust, profile) if self._profile is not None else None
            return trust, kept

        self._do(job, self._looked, self._not_looked, leaves=True)

    def _looked(self, found: tuple[Trust, Login | None]) -> None:
        self._trust, self.login = found
        if self.login is not None:
            return
        if self._profile is not None:
            self._ask(Step.PASSWORD if self.name else Step.NAME)
        else:
            self._ask(Step.NEW_NAME if self._invitation is not None else Step.WAY)

    def _not_looked(self, error: ClientError) -> None:
        if isinstance(error, UnknownIssuer):
            self.pin = error.pin
            self._ask(Step.PIN)
        elif self._profile is not None:
            self._again = self._look
            self._ask(Step.RETRY, str(error))
        else:
            self._trail.clear()
            self.asked = Asked(Step.SERVER, str(error), self._where)

    def _prove(self) -> None:
        trust, name, password = self._trusted, self.name, self._password
        self._do(lambda: self._errands.prove(trust, name, password), self._in, self._not_proven, leaves=True)

    def _not_proven(self, error: ClientError) -> None:
        if isinstance(error, LoginFailed) and self._unsure:
            self._unsure = False
            self._register()
        elif isinstance(error, LoginFailed):
            self._ask(Step.PASSWORD, str(error))
        else:
            self._try_later(error, self._prove)

    def _register(self) -> None:
        trust, name, password, code = self._trusted, self.name, self._password, self._code
        self._do(lambda: self._errands.register(trust, name, password, code), self._in, self._not_registered)

    def _not_registered(self, error: ClientError) -> None:
        code = error.code if isinstance(error, Refused) else ""
        if code in joining.NAME_PROBLEMS:
            self._ask(Step.NEW_NAME, str(error))
        elif code in joining.PASSWORD_PROBLEMS:
            self._ask(Step.NEW_PASSWORD, str(error))
        elif code in joining.CODE_PROBLEMS:
            self._ask(Step.CODE, str(error))
        elif isinstance(error, OutcomeUnknown):
            self._unsure = True
            self._try_later(error, self._prove)
        else:
            self._try_later(error, self._register)

    def _try_later(self, error: ClientError, again: Callable[[], None]) -> None:
        if isinstance(error, Unreachable | OutcomeUnknown | Refused):
            self._again = again
            self._ask(Step.RETRY, str(error))
        else:
            self._trail.clear()
            self._forget()
            self._ask(Step.SERVER, str(error))

    def _in(self, keys: bool) -> None:
        """The account is there and the password is right."""
        self._trail.clear()
        if keys:
            self._ask(Step.DEVICE)
        else:
            self._finish(None)

    def _finish(self, device: bool | None) -> None:
        invitation, trust, password = self._invitation, self._trusted, self._password
        pin = invitation.pin if invitation is not None else ""
        profile = self._profile or Profile("", trust.address, self.name, pin=pin)
        profile = profile if profile.user else replace(profile, user=self.name)

        def ended(login: Login) -> None:
            self.login = login

        def failed(error: ClientError) -> None:
            self._again = lambda: self._finish(device)
            self._ask(Step.RETRY, str(error))

        self._do(lambda: self._errands.finish(trust, profile, password, device), ended, failed)

    @property
    def _trusted(self) -> Trust:
        assert self._trust is not None, "the server was looked at"
        return self._trust

    # Answers

    def _server(self, text: str) -> None:
        self._forget()
        self._where, self._profile = text, None
        try:
            if is_link(text.strip("<> ")):
                self._invitation = read_invitation(text)
                self._code, self.address = self._invitation.code, self._invitation.address
            else:
                name, _at, host = text.rpartition("@")
                self.address, self.name = parse_address(host), name or self.name
        except (errors.InvalidAddress, errors.InvalidInvitation) as error:
            self.asked = Asked(Step.SERVER, str(error))
            return
        self._trail = [Step.SERVER]
        self._look()

    def _pin(self, text: str) -> None:
        if begins(self.pin, text):
            self._look(self.pin)
        else:
            self._trail.clear()
            self._ask(Step.SERVER, NOT_ITS_PIN)

    def _way(self, text: str) -> None:
        self._passed(Step.WAY)
        self._ask(Step.NAME if text == "account" else Step.CODE)

    def _take_code(self, text: str) -> None:
        self._code = code_of(text)
        if is_elsewhere(text, self.address):
            self._server(text)
        elif self.name and self._password:
            self._register()
        else:
            self._passed(Step.CODE)
            self._ask(Step.NEW_NAME)

    def _take_name(self, text: str) -> None:
        self.name = text
        self._passed(Step.NAME)
        self._ask(Step.PASSWORD)

    def _new_name(self, text: str) -> None:
        try:
            self.name = check_account(text)
        except InvalidName as error:
            self._ask(Step.NEW_NAME, str(error))
            return
        if self._password:  # only the name was refused
            self._register()
        else:
            self._passed(Step.NEW_NAME)
            self._ask(Step.NEW_PASSWORD)

    def _take_password(self, text: str) -> None:
        self._password = text
        self._prove()

    def _new_password(self, text: str) -> None:
        try:
            joining.check_sendable(self.name, text)
        except Refused as error:
            self._ask(Step.NEW_PASSWORD, str(error))
            return
        self._new = text
        self._passed(Step.NEW_PASSWORD)
        self._ask(Step.SAME_PASSWORD)

    def _same_password(self, text: str) -> None:
        if text != self._new:
            self._ask(Step.NEW_PASSWORD, DIFFER)
        else:
            self._password = text
            self._register()

    def _retry(self, text: str) -> None:
        assert self._again is not None, "something was tried"
        self._again()

    def _device(self, text: str) -> None:
        self._finish(text == "yes")


_STEPS: Final[dict[Step, Callable[[Wizard, str], None]]] = {
    Step.SERVER: Wizard._server,
    Step.PIN: Wizard._pin,
    Step.WAY: Wizard._way,
    Step.CODE: Wizard._take_code,
    Step.NAME: Wizard._take_name,
    Step.NEW_NAME: Wizard._new_name,
    Step.PASSWORD: Wizard._take_password,
    Step.NEW_PASSWORD: Wizard._new_password,
    Step.SAME_PASSWORD: Wizard._same_password,
    Step.RETRY: Wizard._retry,
    Step.DEVICE: Wizard._device,
}
