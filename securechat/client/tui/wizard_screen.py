"""The way to a login in the app: one question at a time, and what was refused said above it."""

from collections.abc import Callable
from threading import Thread
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from securechat.client.account.login import Login
from securechat.client.account.wizard import Wizard, Work
from securechat.client.account.wizard_steps import SECRET
from securechat.client.tui import signals
from securechat.client.tui.language import _
from securechat.client.tui.themes import DEFAULTS, themes
from securechat.client.tui.wizard_words import waiting, words_of


class Field(Input):
    """Takes Enter and Ctrl+U when they come: bindings come later than the letters that were typed after."""

    async def _on_key(self, event: events.Key) -> None:
        if event.key not in ("enter", "ctrl+u"):
            await super()._on_key(event)
            return
        event.stop()
        event.prevent_default()
        if event.key == "enter":
            await self.action_submit()
        else:
            self.action_delete_left_all()


class WizardScreen(ModalScreen[Login | None]):
    """Enter answers, Escape goes back, and before the first question ends it: then there is no login."""

    class Came(Message):
        """Work is done; `then` says what follows."""

        def __init__(self, then: Callable[[], None]) -> None:
            super().__init__()
            self.then = then

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", show=False, priority=True),
        Binding("ctrl+q,ctrl+c", "dismiss(None)", show=False, priority=True),
    ]

    def __init__(self, wizard: Wizard) -> None:
        super().__init__()
        self.wizard = wizard

    def compose(self) -> ComposeResult:
        """What there is to know, the problem, the question, the field or the choices, how to go on."""
        with Vertical(id="wizard"):
            yield Static(id="told")
            yield Static(id="problem")
            yield Static(id="question-text", classes="title")
            yield Field(id="answer", compact=True)
            yield OptionList(id="choices", compact=True)
            yield Static(Text(_("Enter: go on   Esc: back")), classes="note")

    def on_mount(self) -> None:
        """Begin."""
        self.query_one(Field).cursor_blink = False
        self.go_on()

    def go_on(self) -> None:
        """Show the question, do the work, or end."""
        if self.wizard.login is not None:
            self.dismiss(self.wizard.login)
        elif self.wizard.work is not None:
            self._wait(self.wizard.work)
        else:
            self._show()

    def _show(self) -> None:
        asked, words = self.wizard.asked, words_of(self.wizard)
        assert asked is not None, "there is a question"
        self._tell("told", "\n".join(words.told))
        self._tell("problem", "\n".join(words.problem))
        self._tell("question-text", words.question)
        field, choices = self.query_one(Field), self.query_one(OptionList)
        field.display, choices.display = not words.choices, bool(words.choices)
        choices.clear_options()
        choices.add_options([Option(Text(text), id=answer) for answer, text in words.choices])
        if words.choices:
            choices.highlighted = 0
            choices.focus()
        else:
            field.password = asked.step in SECRET
            if not field.value:
                field.value = asked.offer
                field.cursor_position = len(asked.offer)
            field.focus()

    def _wait(self, work: Work) -> None:
        self._tell("told", "")
        self._tell("problem", "")
        self._tell("question-text", waiting(self.wizard))
        self.query_one(OptionList).display = False
        field = self.query_one(Field)
        field.display = field.password = True  # what is typed ahead may be a secret
        field.focus()

        # A daemon, because resolving a name cannot be interrupted and must not hold up who leaves.
        Thread(target=lambda: self.post_message(self.Came(work())), name="errand", daemon=True).start()

    def on_wizard_screen_came(self, event: Came) -> None:
        """Work is done."""
        event.then()
        self.go_on()

    def _tell(self, name: str, text: str) -> None:
        shown = self.query_one(f"#{name}", Static)
        shown.update(Text(text))
        shown.display = bool(text)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take what was typed."""
        self._answer(event.value)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Take what was chosen."""
        self._answer(event.option_id or "")

    def _answer(self, text: str) -> None:
        if self.wizard.asked is not None:
            self.query_one(Field).clear()
            self.wizard.answer(text)
            self.go_on()

    def action_back(self) -> None:
        """Go to the question before."""
        if self.wizard.back():
            self.go_on_unless_waiting()
        else:
            self.dismiss(None)

    def go_on_unless_waiting(self) -> None:
        """Show what is asked now; work that goes on goes on."""
        if self.wizard.asked is not None:
            self._show()


class FirstRun(App[Login]):
    """The way to a login on a screen of its own, before there is a chat."""

    CSS_PATH = "app.tcss"
    TITLE = "securechat"
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, wizard: Wizard, theme: str) -> None:
        super().__init__()
        self._wizard = wizard
        self.signal = 0
        """The signal that ended it."""
        for each in themes():
            self.register_theme(each)
        self.theme = theme

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The variables that a theme of Textual's own lacks."""
        return dict(DEFAULTS)

    def on_mount(self) -> None:
        """Begin."""
        signals.heed(self._signalled)
        self.push_screen(WizardScreen(self._wizard), self.exit)

    def _signalled(self, number: int) -> None:
        self.signal = number
        self.exit()
