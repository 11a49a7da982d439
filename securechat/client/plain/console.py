"""Where the plain client prints and reads: a terminal with an input line that is kept whole, or plain
streams.

`show` is the only way out, and everything passes `safe` there.

Theory of operation of the terminal. It is put in a mode in which keys come one by one and are not echoed; the
input line is drawn by us (`editor`), and a line that arrives is written in its place with the input line
below it, all in one write, so nothing is torn apart. However the program ends, `__exit__` puts the terminal
back: an exception or Ctrl-C unwinds to it, SIGTERM and SIGHUP are turned into an exception, and Ctrl-Z
restores the terminal for as long as the program is stopped.
"""

import codecs
import os
import select
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from enum import Enum
from types import FrameType, TracebackType
from typing import Final, Protocol, Self

from securechat.client.kept.choices import Choices
from securechat.client.kept.input_history import InputHistory
from securechat.client.paths import places
from securechat.client.plain import keymode
from securechat.client.plain.editor import ERASE, EndOfInput, Input, LineEditor, Submitted
from securechat.client.plain.inputs import Source, keep_taken, standard_input
from securechat.client.plain.keymode import KeyMode, stop
from securechat.client.plain.keys import KeyReader
from securechat.client.safe import safe
from securechat.client.width import wrap

_PASTE_ON: Final = "\x1b[?2004h"
_PASTE_OFF: Final = "\x1b[?2004l"
_LONGEST_LINE: Final = 1 << 20
_TOO_LONG: Final = "a line has more than 1 MiB: the rest of the input is not sent"


class Terminated(Exception):
    """A signal asks the program to end; `number` is the signal's."""

    def __init__(self, number: int) -> None:
        super().__init__(f"signal {number}")
        self.number = number


class OutputClosed(Exception):
    """The reader of the output has gone: the window was closed, or the pipe's other end."""


class Tone(Enum):
    """How lines are meant; its value is how a terminal shows that (ECMA-48, SGR)."""

    SPOKEN = ""
    ASIDE = "36"
    CALL = "1;33"
    WRONG = "31"


class Console(Protocol):
    """A place to print lines and to read what a person enters. `wake` may be called by any thread."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def show(self, *lines: str, tone: Tone = Tone.SPOKEN) -> None:
        """Print lines, made safe, and call the person if the tone does. Raises OutputClosed."""

    def complete_with(self, complete: Callable[[str], Sequence[str]]) -> None:
        """Say what the word before the cursor may become, given the text up to there."""

    def set_prompt(self, prompt: str) -> None:
        """Say what stands before the input; "" while nothing can be entered."""

    def wait(self, timeout: float | None, wanted: bool) -> list[Input]:
        """Return what was entered; nothing when the time is up or `wake` was called, or unless it is
        `wanted`.
        """

    def wake(self) -> None:
        """Make `wait` return."""


class StreamConsole:
    """Lines in, lines out: for pipes, files, and terminals that can do no more."""

    def __init__(self, source: Source, output: int = 1) -> None:
        self._source = source
        self._output = output
        # A byte order mark, which programs of Windows write in front of a text, is no part of the first line.
        # What is no UTF-8 is kept, so that whoever takes the line can refuse it.
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")(errors="surrogateescape")
        self._partial = ""
        self._ended = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._source.close()

    def show(self, *lines: str, tone: Tone = Tone.SPOKEN) -> None:
        _write(self._output, "".join(f"{safe(line)}\n" for line in lines))

    def complete_with(self, complete: Callable[[str], Sequence[str]]) -> None:
        """A stream has no keys."""

    def set_prompt(self, prompt: str) -> None:
        """A stream has no prompt: it would stand between the lines."""

    def wait(self, timeout: float | None, wanted: bool) -> list[Input]:
        data = self._source.wait(timeout, wanted and not self._ended)
        if data is None:
            return []
        self._ended = not data
        problem = self._source.problem
        # Cut at "\n" only: str.splitlines would also cut at U+2028 and others.
        *lines, self._partial = (self._partial + self._decoder.decode(data, final=self._ended)).split("\n")
        if self._partial and self._ended:
            lines.append(self._partial)
        elif len(self._partial) > _LONGEST_LINE:
            self._partial, self._ended, problem = "", True, _TOO_LONG
        entered: list[Input] = [Submitted(line.removesuffix("\r")) for line in lines]
        return [*entered, EndOfInput(problem)] if self._ended else entered

    def wake(self) -> None:
        self._source.wake()


class TerminalConsole:
    """A terminal: the input line stays at the bottom, whole, while others write above it."""

    def __init__(
        self,
        source: Source,
        terminal: int = 0,
        output: int = 1,
        *,
        history: InputHistory | None = None,
        choices: Choices | None = None,
        plain: bool = False,
        reflows: bool = False,
    ) -> None:
        """`plain` is without colours; `reflows` says that the terminal breaks its rows anew when its width
        changes.
        """
        self._source = source
        self._output = output
        self._history = history
        self._choices = choices or Choices()
        self._plain = plain
        self._reflows = reflows
        self._keys = KeyReader()
        self._editor = LineEditor(history.load() if history is not None else ())
        self._drawn = False
        self._ended = False
        self._columns = 0
        # Ctrl-C is a key here: it clears the line first. Ctrl-\ would end us with the terminal in disorder.
        self._mode = KeyMode(terminal, every_key=True)
        self._handlers: dict[int, object] = {}

    def __enter__(self) -> Self:
        for number, handler in self._wanted_handlers().items():
            self._handlers[number] = signal.signal(number, handler)
        self._take_terminal()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            with suppress(OutputClosed):
                self._erase()
            self._give_terminal_back()
        finally:
            for number, handler in self._handlers.items():
                signal.signal(number, handler)  # type: ignore[arg-type]
            self._source.close()

    def show(self, *lines: str, tone: Tone = Tone.SPOKEN) -> None:
        width = _columns(self._output)
        shown = [wrap(safe(line), width) for line in lines]
        if tone.value and not self._plain and self._choices.on("colour"):
            shown = [f"\x1b[{tone.value}m{line}\x1b[0m" for line in shown]
        text = "".join(f"{line}\n" for line in shown)
        bell = "\a" if tone is Tone.CALL and self._choices.on("bell") else ""
        _write(self._output, bell + (self._clear() if self._drawn else "") + text + self._line())

    def complete_with(self, complete: Callable[[str], Sequence[str]]) -> None:
        self._editor.complete = complete

    def set_prompt(self, prompt: str) -> None:
        if prompt != self._editor.prompt:
            self._editor.prompt = prompt
            self._draw()

    def wait(self, timeout: float | None, wanted: bool) -> list[Input]:
        # Ctrl-C is among it, and a person types ahead a line. A stream that has ended would be read without
        # end.
        data = self._source.wait(timeout, wanted=not self._ended)
        if data is None:
            self._draw_if_resized()
            return []
        self._ended = not data
        keys = self._keys.feed(data)
        entered = [event for event in map(self._editor.press, keys) if event is not None]
        for event in entered:
            if isinstance(event, Submitted) and self._history is not None:
                self._history.add(event.text)
        self._draw()
        return entered if data else [EndOfInput(self._source.problem)]

    def wake(self) -> None:
        self._source.wake()

    # The row

    def _line(self) -> str:
        self._drawn = bool(self._editor.prompt)
        self._columns = _columns(self._output)
        return self._editor.draw(self._columns) if self._drawn else ""

    def _draw(self) -> None:
        clear = self._clear() if self._drawn else ""
        _write(self._output, clear + (self._line() or ERASE))

    def _draw_if_resized(self) -> None:
        if self._drawn and _columns(self._output) != self._columns:
            self._draw()

    def _clear(self) -> str:
        """Erase the row, also where the terminal has made several of it since its width has changed."""
        width = _columns(self._output)
        if not self._reflows or width >= self._columns or self._editor.cells <= width:
            return ERASE
        up = self._editor.column // width
        return (f"\x1b[{up}A" if up else "") + "\r\x1b[J"

    def _erase(self) -> None:
        if self._drawn:
            self._drawn = False
            _write(self._output, self._clear())

    # The terminal's mode, and signals

    def _take_terminal(self) -> None:
        self._mode.take()
        _write(self._output, _PASTE_ON)

    def _give_terminal_back(self) -> None:
        if self._mode.taken:
            with suppress(OutputClosed):
                _write(self._output, _PASTE_OFF)
            self._mode.give_back()

    def _wanted_handlers(self) -> Mapping[int, Callable[[int, FrameType | None], None]]:
        return {
            signal.SIGTERM: self._on_end,
            signal.SIGHUP: self._on_end,
            signal.SIGTSTP: self._on_stop,
            signal.SIGWINCH: self._on_resize,
        }

    def _on_end(self, number: int, frame: FrameType | None) -> None:
        # A closed window may say so twice (tmux and the kernel), and the end has something to keep.
        for signalled in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(signalled, signal.SIG_IGN)
        raise Terminated(number)

    def _on_resize(self, number: int, frame: FrameType | None) -> None:
        self._source.wake()

    def _on_stop(self, number: int, frame: FrameType | None) -> None:
        """Ctrl-Z: the shell gets a terminal in order, and we take it again when we are continued."""
        self._erase()
        self._give_terminal_back()
        stop(number)
        self._take_terminal()
        self._draw()


def _columns(output: int) -> int:
    try:
        return os.get_terminal_size(output).columns or 80
    except OSError:
        return 80


def _write(descriptor: int, text: str) -> None:
    data = text.encode(errors="replace")
    try:
        while data:
            try:
                data = data[os.write(descriptor, data) :]
            except BlockingIOError:  # somebody else has made our terminal so
                select.select([], [descriptor], [])
    except OSError as error:
        raise OutputClosed(f"nothing can be printed any more: {error.strerror}") from error


def _reflows(environment: Mapping[str, str]) -> bool:
    """Whether the terminal breaks its rows anew when it is made narrower: most do, and these do not."""
    in_screen = "STY" in environment and "TMUX" not in environment
    return environment.get("TERM") != "linux" and "XTERM_VERSION" not in environment and not in_screen


def standard_console(environment: Mapping[str, str], choices: Choices | None = None) -> Console:
    """The console for how the program was started."""
    for stream in (0, 1, 2):
        keep_taken(stream)
    source = standard_input()
    able = keymode.AVAILABLE and environment.get("TERM", "dumb") != "dumb"
    if able and os.isatty(0) and os.isatty(1):
        return TerminalConsole(
            source,
            history=InputHistory(places(environment).input_history),
            choices=choices,
            plain=bool(environment.get("NO_COLOR")),
            reflows=_reflows(environment),
        )
    return StreamConsole(source)
