"""The way to a login in the app: what a person sees and types."""

import asyncio
from collections.abc import Awaitable, Callable

from textual.pilot import Pilot

from securechat.client.account.login import Login
from securechat.client.account.wizard import Wizard
from securechat.client.account.wizard_steps import UnknownIssuer
from securechat.client.errors import LoginFailed, Refused
from securechat.client.tui import language
from securechat.client.tui.wizard_screen import Field, FirstRun
from tests.unit.client.account.test_wizard import LINK, PIN, FakeErrands


class Person:
    """Sits before the screen."""

    def __init__(self, app: FirstRun, pilot: Pilot[Login]) -> None:
        self.app = app
        self.wizard = app._wizard
        self.pilot = pilot

    async def enter(self, text: str) -> None:
        """Type a text and Enter, and wait for what is asked then."""
        if text:
            self.app.screen.query_one(Field).value = text
        await self.press("enter")

    async def press(self, *keys: str) -> None:
        """Press keys."""
        await self.pilot.press(*keys)
        while self.wizard.work is not None:
            await self.pilot.pause(0.001)
        await self.pilot.pause()

    def sees(self, text: str) -> bool:
        """Whether a text is on the screen."""
        return any(text in strip.text for strip in self.app.screen._compositor.render_strips())


def play(
    errands: FakeErrands, scenario: Callable[[Person], Awaitable[None]], size: tuple[int, int] = (80, 24)
) -> Login | None:
    """Play a scenario on a screen of this size."""
    language.use("en")
    app = FirstRun(Wizard(errands, "alice"), "dark")

    async def run() -> None:
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await scenario(Person(app, pilot))

    asyncio.run(run())
    return app.return_value


def test_from_nothing_to_a_login() -> None:
    """The pin is compared, choices are taken with the arrows, and no password is on the screen."""

    async def scenario(person: Person) -> None:
        assert person.sees("Welcome to securechat.")
        await person.enter("chat.example.org")
        assert person.sees(PIN) and person.sees("first 8 characters")
        await person.enter("AbCdEfGh")
        assert person.sees("has proven that it is the right one") and person.sees("yes: I have a name")
        await person.press("enter")
        await person.enter("")
        await person.pilot.press(*"secret")
        assert not person.sees("secret")
        await person.press("enter")
        assert person.sees("Let this computer log in without your password")
        await person.press("down", "enter")

    errands = FakeErrands(UnknownIssuer(PIN), keys=True)
    assert play(errands, scenario) is not None
    assert errands.done[-2:] == ["prove alice secret", "finish alice False"]


def test_on_a_small_screen_one_sees_the_pin_and_what_one_types() -> None:
    """The longest question there is has more rows than fit."""

    async def scenario(person: Person) -> None:
        await person.enter("chat.example.org")
        await person.press(*"typed")
        assert person.sees(PIN) and person.sees("typed")

    play(FakeErrands(UnknownIssuer(PIN)), scenario, (60, 20))


def test_a_refusal_is_said_where_it_is_mended() -> None:
    """And Escape goes back, at last out."""

    async def scenario(person: Person) -> None:
        await person.enter(LINK)
        errands._fails = [Refused("ACCOUNT_EXISTS", "that name is taken")]
        for text in ("", "long enough", "long enough"):
            await person.enter(text)
        assert person.sees("that name is taken") and person.sees("The name you want")
        await person.press("escape")
        assert person.sees("The server (chat.example.org)") and not person.sees("taken")
        await person.press("escape")

    errands = FakeErrands()
    assert play(errands, scenario) is None


def test_a_wrong_password_is_typed_anew() -> None:
    """The field is empty then."""

    async def scenario(person: Person) -> None:
        await person.enter("alice@chat.example.org")
        await person.press("enter")
        await person.enter("")
        errands._fails = [LoginFailed("wrong name or password")]
        await person.enter("first")
        assert person.sees("wrong name or password")
        await person.enter("second")

    errands = FakeErrands()
    assert play(errands, scenario) is not None
    assert "prove alice second" in errands.done


def test_ctrl_q_ends_it_at_any_step() -> None:
    """Nothing is left behind."""

    async def scenario(person: Person) -> None:
        await person.enter("chat.example.org")
        await person.press("ctrl+q")

    errands = FakeErrands()
    assert play(errands, scenario) is None
    assert errands.done == ["look chat.example.org:6697"]
