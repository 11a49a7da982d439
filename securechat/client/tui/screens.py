"""What comes up over the app: the switcher, search, who is here, the help, and a question.

Each does its keys itself, at once: what is typed after the key that closes it is for the conversation.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from securechat.client.safe import safe
from securechat.client.tui.keys import actions
from securechat.client.tui.language import _
from securechat.irc.names import fold

_MOST_SHOWN = 200
_EDITING = actions(Input)
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Choice(Generic[Value]):
    """A row to choose: what is shown, what is searched, and what it stands for."""

    shown: str
    text: str
    value: Value


class Field(Input):
    """Where the part of a name is typed."""

    def __init__(self, end: Callable[[bool], None]) -> None:
        super().__init__(id="filter", compact=True)
        self.cursor_blink = False
        self._end = end

    async def _on_key(self, event: events.Key) -> None:
        match event.key:
            case "enter" | "escape" as key:
                self._end(key == "enter")
            case key if key in _EDITING:
                await self.run_action(_EDITING[key])
            case _:
                await super()._on_key(event)
                return
        event.stop()
        event.prevent_default()


class Chooser(ModalScreen[Value | None], Generic[Value]):
    """Type a part of a name, choose with the arrows, Enter takes it, Escape takes nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move(1)", show=False, priority=True),
        Binding("up", "move(-1)", show=False, priority=True),
    ]

    def __init__(self, title: str, choices: Sequence[Choice[Value]], note: str = "") -> None:
        super().__init__()
        self._title = title
        self._choices = choices
        self._note = note
        self._shown: list[Choice[Value]] = []

    def compose(self) -> ComposeResult:
        """The title, the field, the rows."""
        with Vertical(id="chooser"):
            yield Static(Text(safe(self._title)), classes="title", id="heading")
            yield Field(self._ended)
            yield OptionList(id="rows", compact=True)
            if self._note:
                yield Static(Text(safe(self._note)), classes="note")

    def on_mount(self) -> None:
        """Show everything."""
        self._filter("")

    def offer(self, title: str, choices: Sequence[Choice[Value]]) -> None:
        """Offer something else; what was typed still counts."""
        self._choices = choices
        self.query_one("#heading", Static).update(Text(safe(title)))
        self._filter(self.query_one(Input).value)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what has what was typed in it."""
        self._filter(event.value)

    def _ended(self, taken: bool) -> None:
        at = self.query_one(OptionList).highlighted
        self.dismiss(self._shown[at].value if taken and at is not None and at < len(self._shown) else None)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Take the row that was clicked."""
        self.dismiss(self._shown[event.option_index].value)

    def action_move(self, step: int) -> None:
        """Go to another row."""
        rows = self.query_one(OptionList)
        if step > 0:
            rows.action_cursor_down()
        else:
            rows.action_cursor_up()

    def _filter(self, typed: str) -> None:
        wanted = fold(typed.strip())
        begins = [choice for choice in self._choices if fold(choice.text).lstrip("#@").startswith(wanted)]
        holds = [choice for choice in self._choices if wanted in fold(choice.text) and choice not in begins]
        self._shown = [*begins, *holds][:_MOST_SHOWN] if wanted else list(self._choices[:_MOST_SHOWN])
        rows = self.query_one(OptionList)
        rows.clear_options()
        rows.add_options([Option(Text(safe(choice.shown), no_wrap=True)) for choice in self._shown])
        if self._shown:
            rows.highlighted = 0


class Reader(ModalScreen[None]):
    """A text to read. Escape, q and F1 close it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,pagedown", "page(1)", show=False, priority=True),
        Binding("up,pageup", "page(-1)", show=False, priority=True),
    ]

    def __init__(self, title: str, lines: Sequence[str]) -> None:
        super().__init__()
        self._title = title
        self._lines = lines

    def compose(self) -> ComposeResult:
        """The title and the text."""
        with Vertical(id="reader"):
            yield Static(Text(safe(self._title)), classes="title")
            with VerticalScroll(id="text"):
                yield Static(Text("\n".join(map(safe, self._lines))))

    def on_key(self, event: events.Key) -> None:
        """Close it, or read on."""
        if event.key in ("escape", "q", "f1", "enter"):
            event.stop()
            self.dismiss(None)

    def action_page(self, step: int) -> None:
        """Read on."""
        text = self.query_one(VerticalScroll)
        text.scroll_relative(y=step * max(1, text.size.height - 1), animate=False)


class Question(ModalScreen[bool]):
    """A question that Enter or y answers with yes, and anything else with no."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        """The question, and how to answer it."""
        with Vertical(id="question"):
            yield Static(Text(safe(self._text)), classes="title")
            yield Static(Text(_("Enter: yes   Esc: no")), classes="note")

    def on_key(self, event: events.Key) -> None:
        """Answer."""
        event.stop()
        self.dismiss(event.key in ("enter", "y"))


Then = Callable[[Value | None], None]
