"""Where the plain client prints and reads: pipes and a real (pseudo) terminal."""

import os
import pty
import signal
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from securechat.client.kept.choices import Choices
from securechat.client.plain.console import StreamConsole, TerminalConsole, Terminated, Tone, standard_console
from securechat.client.plain.editor import EndOfInput, Input, Interrupted, Submitted
from securechat.client.plain.inputs import DescriptorSource, ThreadSource
from tests.unit.client.screen import Screen


def read_all(descriptor: int) -> bytes:
    """What is waiting in a descriptor."""
    os.set_blocking(descriptor, False)
    data = b""
    try:
        while piece := os.read(descriptor, 65536):
            data += piece
    except BlockingIOError:
        pass
    return data


class Terminal:
    """A pseudo-terminal: `keys` is the person's end, `end` the program's."""

    def __init__(self) -> None:
        self.keys, self.end = pty.openpty()
        self.mode = termios.tcgetattr(self.end)
        self.output = b""

    def types(self, data: bytes) -> None:
        os.write(self.keys, data)

    def shows(self, width: int) -> list[str]:
        """The rows of a screen after all the output so far."""
        self.output += read_all(self.keys)
        screen = Screen(width)
        screen.write(self.output.decode().replace("\r\n", "\n"))
        return screen.lines()

    def close(self) -> None:
        os.close(self.keys)
        os.close(self.end)


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    """A terminal of 40 columns."""
    made = Terminal()
    termios.tcsetwinsize(made.end, (10, 40))
    yield made
    made.close()


def console_on(terminal: Terminal) -> TerminalConsole:
    return TerminalConsole(DescriptorSource(terminal.end), terminal.end, terminal.end)


@pytest.fixture
def pipes() -> Iterator[tuple[int, int, int, int]]:
    """Two pipes: (their end of the input, our end of it, our end of the output, their end of it)."""
    incoming, typing = os.pipe()
    printed, outgoing = os.pipe()
    yield typing, incoming, outgoing, printed
    for descriptor in (typing, incoming, outgoing, printed):
        try:
            os.close(descriptor)
        except OSError:
            continue  # the test has closed it


def test_a_pipe_is_read_line_by_line(pipes: tuple[int, int, int, int]) -> None:
    """Only LF ends a line, in whatever pieces it comes; the last line needs none."""
    typing, incoming, outgoing, _ = pipes
    with StreamConsole(DescriptorSource(incoming), outgoing) as console:
        os.write(typing, "one\r\ntwo\u2028still two\nthr".encode() + b"\xc3")
        assert console.wait(None, True) == [Submitted("one"), Submitted("two\u2028still two")]
        os.write(typing, b"\xa4\n\xffe")
        assert console.wait(None, True) == [Submitted("thrä")]
        os.close(typing)
        assert console.wait(None, True) == [Submitted("\udcffe"), EndOfInput()]
        assert console.wait(0, True) == []


@pytest.mark.parametrize("pieces", [(b"\xef\xbb\xbfexit\n",), (b"\xef", b"\xbb", b"\xbfexit\n")])
def test_a_byte_order_mark_is_no_part_of_the_first_line(
    pipes: tuple[int, int, int, int], pieces: tuple[bytes, ...]
) -> None:
    """Programs of Windows write one into a pipe; only the first one is meant so."""
    typing, incoming, outgoing, _ = pipes
    with StreamConsole(DescriptorSource(incoming), outgoing) as console:
        entered: list[Input] = []
        for piece in pieces:
            os.write(typing, piece)
            entered += console.wait(None, True)
        os.write(typing, b"\xef\xbb\xbfx\n")
        assert [*entered, *console.wait(None, True)] == [Submitted("exit"), Submitted("\ufeffx")]


def test_a_line_without_an_end_ends_the_input(pipes: tuple[int, int, int, int], tmp_path: Path) -> None:
    """What comes before it is taken; nothing is cut into lines that nobody wrote, and no memory is filled."""
    _, _, outgoing, _ = pipes
    file = tmp_path / "input"
    file.write_bytes(b"one\n" + b"x" * (2 << 20))
    with file.open("rb") as stream, StreamConsole(DescriptorSource(stream.fileno()), outgoing) as console:
        entered: list[Input] = []
        while not entered or not isinstance(entered[-1], EndOfInput):
            entered += console.wait(None, True)
        assert entered == [
            Submitted("one"),
            EndOfInput("a line has more than 1 MiB: the rest of the input is not sent"),
        ]
        assert console.wait(0, True) == []


def test_a_line_of_a_mebibyte_is_taken(pipes: tuple[int, int, int, int], tmp_path: Path) -> None:
    """Whether or not the input ends with it."""
    _, _, outgoing, _ = pipes
    file, line = tmp_path / "input", "x" * (1 << 20)
    file.write_text(f"{line}\n{line}")
    with file.open("rb") as stream, StreamConsole(DescriptorSource(stream.fileno()), outgoing) as console:
        entered: list[Input] = []
        while not entered or not isinstance(entered[-1], EndOfInput):
            entered += console.wait(None, True)
    assert entered == [Submitted(line), Submitted(line), EndOfInput()]


@pytest.mark.parametrize("threaded", [False, True])
def test_input_that_cannot_be_read_is_not_an_empty_one(
    pipes: tuple[int, int, int, int], tmp_path: Path, threaded: bool
) -> None:
    """A directory, say: the reason is told."""
    outgoing = pipes[2]
    directory = os.open(tmp_path, os.O_RDONLY)
    source = ThreadSource(directory) if threaded else DescriptorSource(directory)
    with StreamConsole(source, outgoing) as console:
        problem = "standard input cannot be read: Is a directory"
        assert console.wait(None, True) == [EndOfInput(problem)]
        assert console.wait(0, True) == []
    os.close(directory)


def test_input_that_is_not_wanted_is_not_read(pipes: tuple[int, int, int, int]) -> None:
    """It stays in the pipe, whose writer then has to wait."""
    typing, incoming, outgoing, _ = pipes
    with StreamConsole(DescriptorSource(incoming), outgoing) as console:
        os.write(typing, b"one\n")
        assert console.wait(0, False) == []
        assert console.wait(None, True) == [Submitted("one")]


def test_another_thread_can_wake_the_reader(pipes: tuple[int, int, int, int]) -> None:
    """`wake` before `wait` counts, too."""
    _, incoming, outgoing, _ = pipes
    with StreamConsole(DescriptorSource(incoming), outgoing) as console:
        console.wake()
        assert console.wait(None, True) == []


def test_lines_are_printed_whole(pipes: tuple[int, int, int, int]) -> None:
    """One line each, made safe, and no prompt between them."""
    _, incoming, outgoing, printed = pipes
    with StreamConsole(DescriptorSource(incoming), outgoing) as console:
        console.set_prompt("> ")
        console.show("one\ntwo", "\x1b[31mthree")
    assert read_all(printed) == "one two\n\u241b[31mthree\n".encode()


def test_a_reading_thread_gives_the_same(pipes: tuple[int, int, int, int]) -> None:
    """Where only sockets can be waited for, a thread reads; what it read stays until it is wanted."""
    typing, incoming, _, _ = pipes
    source = ThreadSource(incoming)
    os.write(typing, b"one\n")
    os.close(typing)
    assert source.wait(0, False) is None
    assert source.wait(None, True) == b"one\n"
    assert source.wait(None, True) == b""
    assert source.wait(None, True) == b""
    source.wake()
    assert source.wait(None, False) is None
    source.close()
    source._thread.join()


def test_what_arrives_does_not_tear_what_is_typed(terminal: Terminal) -> None:
    """The input line is below the lines that arrive, with everything typed so far."""
    with console_on(terminal) as console:
        console.set_prompt("#c> ")
        terminal.types(b"half a mes")
        assert console.wait(None, True) == []
        console.show("12:00 #c bob: hello", "12:01 #c bob: there")
        assert terminal.shows(40) == ["12:00 #c bob: hello", "12:01 #c bob: there", "#c> half a mes"]
        terminal.types(b"sage\r")
        assert console.wait(None, True) == [Submitted("half a message")]
        assert terminal.shows(40)[-1] == "#c>"


def test_long_lines_break_between_words_and_are_indented(terminal: Terminal) -> None:
    """No part of a message stands where a line of its own would begin."""
    with console_on(terminal) as console:
        console.show("12:00 #c eve: " + "x" * 20 + " 12:01 #c bob: I agree with everything")
        rows = terminal.shows(40)
    assert rows[0] == "12:00 #c eve: " + "x" * 20 + " 12:01"
    assert all(row.startswith("      ") for row in rows[1:] if row)


def test_the_terminal_is_as_it_was_afterwards(terminal: Terminal) -> None:
    """Echo and line mode are back, and bracketed paste is off, however the program ends."""
    for error in (None, ValueError(), KeyboardInterrupt(), SystemExit(1)):
        try:
            with console_on(terminal) as console:
                console.set_prompt("> ")
                assert not termios.tcgetattr(terminal.end)[3] & termios.ECHO
                if error is not None:
                    raise error
        except (ValueError, KeyboardInterrupt, SystemExit):
            pass
        assert termios.tcgetattr(terminal.end) == terminal.mode
        assert read_all(terminal.keys).endswith(b"\x1b[?2004l")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_program_with_the_terminal_in_order(terminal: Terminal, number: int) -> None:
    """The signal becomes an exception, and the handler that was there before is back."""
    before = signal.getsignal(number)
    with pytest.raises(Terminated) as caught, console_on(terminal):
        os.kill(os.getpid(), number)
    assert caught.value.number == number
    assert signal.getsignal(number) is before
    assert termios.tcgetattr(terminal.end) == terminal.mode


@pytest.mark.parametrize(
    ("keys", "entered"),
    [
        (b"\x03", [Interrupted()]),
        (b"\x04", [EndOfInput()]),
        (b"\x1b[200~a\rb\x1b[201~\r", [Submitted("a\nb")]),
    ],
)
def test_keys_that_are_no_text(terminal: Terminal, keys: bytes, entered: list[Input]) -> None:
    """Ctrl-C and Ctrl-D reach the program as keys; a paste is one text."""
    with console_on(terminal) as console:
        terminal.types(keys)
        assert console.wait(None, False) == entered


def test_a_terminal_that_goes_away_ends_the_input(terminal: Terminal) -> None:
    """A closed window is the end of input, not a crash."""
    other, end = pty.openpty()
    console = TerminalConsole(DescriptorSource(end), end, terminal.end)
    with console:
        os.close(other)
        assert console.wait(None, True) == [EndOfInput()]
        assert console.wait(0, True) == []  # once
    os.close(end)


def test_without_a_terminal_there_is_no_editor(tmp_path: Path) -> None:
    """Tests run without one: lines in, lines out."""
    console = standard_console({"TERM": "xterm"})
    with console:
        assert isinstance(console, StreamConsole)


@pytest.mark.parametrize(
    ("plain", "off", "wanted"),
    [
        (False, (), "\x1b[1;33mhey\x1b[0m\r\n"),
        (True, (), "\ahey\r\n"),
        (False, ("colour",), "\ahey\r\n"),
        (True, ("bell",), "hey\r\n"),
    ],
)
def test_a_call_has_a_colour_and_a_bell(
    terminal: Terminal, plain: bool, off: tuple[str, ...], wanted: str
) -> None:
    """Unless NO_COLOR or the person says otherwise."""
    choices = Choices()
    for name in off:
        choices.set(name, False)
    with TerminalConsole(
        DescriptorSource(terminal.end), terminal.end, terminal.end, choices=choices, plain=plain
    ) as console:
        read_all(terminal.keys)
        console.show("hey", tone=Tone.CALL)
        assert wanted in read_all(terminal.keys).decode()


def test_a_second_signal_does_not_stop_the_end(terminal: Terminal) -> None:
    """A window that is closed may say so twice; after the end signals are what they were before."""
    before = signal.getsignal(signal.SIGHUP)
    with (
        pytest.raises(Terminated),
        TerminalConsole(DescriptorSource(terminal.end), terminal.end, terminal.end),
    ):
        try:
            signal.raise_signal(signal.SIGHUP)
        finally:
            signal.raise_signal(signal.SIGHUP)
            signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGHUP) is before


@pytest.mark.parametrize(("reflows", "rows"), [(True, "\x1b[1A\r\x1b[J"), (False, "\r\x1b[K")])
def test_a_narrower_window_keeps_no_ghost(terminal: Terminal, reflows: bool, rows: str) -> None:
    """A terminal that breaks its rows anew has made two of the input's; one that does not has cut it."""
    with TerminalConsole(
        DescriptorSource(terminal.end), terminal.end, terminal.end, reflows=reflows
    ) as console:
        console.set_prompt("> ")
        terminal.types(b"0123456789012345678901234")
        console.wait(5, True)
        read_all(terminal.keys)
        termios.tcsetwinsize(terminal.end, (10, 20))
        console.wake()
        console.wait(5, True)
        assert read_all(terminal.keys).decode().startswith(rows)
