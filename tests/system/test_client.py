"""The real client with a real server, through pipes."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from securechat.client import Client
from securechat.tls.pins import pin, read_certificates
from tests.system.client_process import ClientPipe, password_file, run, server_options
from tests.system.conftest import Serve
from tests.system.person import Person
from tests.system.server_process import PASSWORD, ServerProcess

Enter = Callable[..., Person]


def test_what_is_piped_in_is_said_and_confirmed(
    shared_server: ServerProcess, enter: Enter, tmp_path: Path
) -> None:
    """The first line is the password, the rest is said, and the end waits for the echoes."""
    bob = enter(shared_server, "bob")
    options = [*server_options(shared_server, "alice"), "--password-stdin"]
    done = run(tmp_path, "connect", *options, text=f"{PASSWORD}\nhello\nzwei wörter\n")
    assert done.returncode == 0, done.stderr
    assert "alice: hello\n" in done.stdout and "alice: zwei wörter\n" in done.stdout
    assert bob.said()[-2:] == ["hello", "zwei wörter"]
    assert PASSWORD not in done.stdout + done.stderr


def test_people_come_talk_and_go(shared_server: ServerProcess, enter: Enter, tmp_path: Path) -> None:
    """Join, message, topic and leave notices, as people read them."""
    options = [*server_options(shared_server, "alice"), *password_file(tmp_path), "--join", "#talk"]
    bob = enter(shared_server, "bob")
    bob.join("#talk")  # he founds it, so he may change its topic
    bob.say("#talk", "first")  # so that it stays when he leaves
    bob.send("PART #talk")
    with ClientPipe(tmp_path, *options) as alice:
        alice.until("Your text goes to #talk")
        bob.join("#talk")
        alice.until("* bob is now in the chat (#talk)\n")
        bob.say("#talk", "hi alice")
        alice.until("#talk bob: hi alice\n")
        bob.say("alice", "psst")
        alice.until("(private) bob: psst\n")
        bob.send("TOPIC #talk :news")
        alice.until("* bob has set the topic of #talk: news\n")
        bob.send("PART #talk :lunch")
        alice.until("* bob has left #talk (lunch)\n")
        alice.enter("/names", "/join #other", "now here", "/msg bob hello", "/quit bye")
        code, errors = alice.end()
    assert (code, errors) == (0, "")
    assert "* In #talk (1): alice\n" in alice.output
    assert "#other alice: now here\n" in alice.output
    assert "(private to bob) alice: hello\n" in alice.output


def test_people_ignore_each_other(serve: Serve, enter: Enter, tmp_path: Path) -> None:
    """The list is told after each change; who is ignored is told, and heard again afterwards."""
    server = serve(accounts=["alice", "bob"])
    bob = enter(server, "bob")
    with ClientPipe(tmp_path, *server_options(server, "alice"), *password_file(tmp_path)) as alice:
        alice.enter("/ignore Bob")
        alice.until("* You ignore bob\n")
        bob.send("PRIVMSG alice :unheard")
        bob.until(lambda line: line.command == "531")
        alice.enter("/unignore bob")
        alice.until("* You ignore nobody\n")
        bob.say("alice", "heard")
        alice.until("(private) bob: heard\n")
        alice.enter("exit")
        code, errors = alice.end()
    assert (code, errors) == (0, "")
    assert "unheard" not in alice.output


def test_a_long_text_arrives_in_pieces_cut_between_words(
    shared_server: ServerProcess, enter: Enter, tmp_path: Path
) -> None:
    """Nothing is lost, and every piece fits."""
    bob = enter(shared_server, "bob")
    text = " ".join(f"wörd{number:03}" for number in range(300))
    options = [*server_options(shared_server, "alice"), "--password-stdin"]
    assert run(tmp_path, "connect", *options, text=f"{PASSWORD}\n{text}\n").returncode == 0
    heard = bob.said()
    assert len(heard) > 4
    assert " ".join(heard).endswith(text)


def test_many_lines_arrive_once_and_in_order(serve: Serve, enter: Enter, tmp_path: Path) -> None:
    """More than are in flight at once."""
    server = serve(accounts=["alice", "bob"])
    bob = enter(server, "bob")
    lines = [f"line {number}" for number in range(500)]
    done = run(
        tmp_path,
        "connect",
        *server_options(server, "alice"),
        *password_file(tmp_path),
        text="\n".join(lines),
    )
    assert done.returncode == 0, done.stderr
    assert bob.said() == lines


def test_a_wrong_password_ends_with_4(shared_server: ServerProcess, tmp_path: Path) -> None:
    """And says so."""
    options = [*server_options(shared_server, "alice"), *password_file(tmp_path, "wrong horse")]
    done = run(tmp_path, "connect", *options)
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr == "securechat: Wrong account name or password\n"


def test_without_a_terminal_a_missing_password_is_a_usage_error(
    shared_server: ServerProcess, tmp_path: Path
) -> None:
    """Standard input is never taken for an answer to a prompt."""
    done = run(tmp_path, "connect", *server_options(shared_server, "alice"), text=f"{PASSWORD}\n")
    assert done.returncode == 2
    assert "--password-stdin" in done.stderr


def test_an_unknown_server_ends_with_5_and_the_option_that_trusts_it(
    shared_server: ServerProcess, tmp_path: Path
) -> None:
    """The pin in the error is the one that the server shows; with it the connection works."""
    options = [*server_options(shared_server, "alice", ca=False), *password_file(tmp_path)]
    done = run(tmp_path, "connect", *options)
    assert (done.returncode, done.stdout) == (5, "")
    expected = pin(read_certificates(shared_server.ca)[0])
    assert f"\n  --pin {expected}\n" in done.stderr
    assert expected in shared_server.administer("certs", "show")
    assert run(tmp_path, "connect", *options, "--pin", expected).returncode == 0


def test_another_servers_certificate_ends_with_5(
    serve: Serve, shared_server: ServerProcess, tmp_path: Path
) -> None:
    """The password does not leave: the server sees no login."""
    other = serve(accounts=["alice"])
    options = ["--host", f"localhost:{other.port}", "--user", "alice", "--ca", str(shared_server.ca)]
    done = run(tmp_path, "connect", *options, *password_file(tmp_path))
    assert done.returncode == 5
    assert "not issued by the CA" in done.stderr
    assert "logged in" not in other.log_text()


def test_the_own_servers_certificate_is_trusted_by_itself(
    shared_server: ServerProcess, tmp_path: Path
) -> None:
    """On this machine, through the data directory."""
    options = [*server_options(shared_server, "alice", ca=False), *password_file(tmp_path)]
    done = run(tmp_path, "connect", *options, environment={"SECURECHAT_DATA_DIR": str(shared_server.data)})
    assert done.returncode == 0, done.stderr


def test_nobody_there_ends_with_3(serve: Serve, tmp_path: Path) -> None:
    """The server has stopped."""
    server = serve(accounts=["alice"])
    server.stop()
    done = run(tmp_path, "connect", *server_options(server, "alice"), *password_file(tmp_path))
    assert done.returncode == 3
    assert "refused" in done.stderr
    server.start()


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--host", "a b"],
        ["--host", "h", "--pin", "sha256:short"],
        ["--host", "h", "--pin", "sha256:" + "A" * 43, "--ca", "x"],
        ["--host", "h", "--password-stdin", "--password-file", "x"],
        ["--host", "h", "--join", "#a b"],
    ],
)
def test_options_that_make_no_sense_are_usage_errors(options: list[str], tmp_path: Path) -> None:
    """Before anything is connected to."""
    assert run(tmp_path, "connect", *options).returncode == 2


def test_no_option_skips_verification(tmp_path: Path) -> None:
    """There is no such option to be found."""
    text = run(tmp_path, "connect", "--help").stdout + run(tmp_path, "send", "--help").stdout
    assert not any(word in text.lower() for word in ("insecure", "no-verify", "skip", "ignore"))


def test_messages_survive_a_restart_of_the_server(serve: Serve, enter: Enter, tmp_path: Path) -> None:
    """What is said while the server is away arrives once it is back, once."""
    server = serve(accounts=["alice", "bob"])
    options = [*server_options(server, "alice"), *password_file(tmp_path)]
    with ClientPipe(tmp_path, *options) as alice:
        alice.enter("before")
        alice.until("alice: before")
        port = server.port
        server.stop()
        alice.until("* The connection is lost")
        alice.enter("meanwhile 1", "meanwhile 2")
        server.start(port=port)
        bob = enter(server, "bob")
        alice.until("* Connected again.")
        alice.until("alice: meanwhile 2")
        code, errors = alice.end()
    assert (code, errors) == (0, "")
    assert bob.said() == ["meanwhile 1", "meanwhile 2"]


def test_what_was_said_while_one_was_away_is_shown_once(serve: Serve, enter: Enter, tmp_path: Path) -> None:
    """Between two runs of the client, and after a crash of the server: channels and direct messages."""
    server = serve(accounts=["alice", "bob"])
    options = [*server_options(server, "alice"), *password_file(tmp_path)]
    with ClientPipe(tmp_path, *options) as alice:
        alice.until("Your text goes to #general")
        alice.end()
    bob = enter(server, "bob")
    bob.say("#general", "hello?")
    bob.say("alice", "are you there?")
    with ClientPipe(tmp_path, *options) as alice:
        alice.until("Your text goes to #general")
        port = server.port
        server.kill()
        alice.until("* The connection is lost")
        server.start(port=port)
        again = enter(server, "bob")
        again.say("#general", "back")
        alice.until("bob: back")
        alice.enter("/history 3", "/msg securechat whoami")
        alice.until("-securechat- You are alice")
        code, errors = alice.end()
    assert (code, errors) == (0, "")
    told = [line.split(" ", 1)[1] for line in alice.output.splitlines() if " bob: " in line]
    heard = ["#general bob: hello?", "(private) bob: are you there?", "#general bob: back"]
    assert told == [*heard, "#general bob: hello?", "#general bob: back"]
    with ClientPipe(tmp_path, *options) as alice:
        alice.until("Your text goes to #general")
        alice.end()
    assert " bob: " not in alice.output


def test_a_message_sent_from_a_script_takes_nothing_away(serve: Serve, enter: Enter, tmp_path: Path) -> None:
    """What waits for an account is not handed to `send`."""
    server = serve(accounts=["alice", "bob"])
    enter(server, "bob").say("alice", "for your eyes")
    options = [*server_options(server, "alice"), *password_file(tmp_path)]
    assert run(tmp_path, "send", "bob", "done", *options).returncode == 0
    with ClientPipe(tmp_path, *options) as alice:
        alice.until("bob: for your eyes")


def test_messages_survive_a_crash_of_the_server(serve: Serve, tmp_path: Path) -> None:
    """kill -9 in the middle of many lines: all are stored, each once, in order."""
    server = serve(accounts=["alice"])
    lines = [f"line {number}" for number in range(400)]
    options = [*server_options(server, "alice"), *password_file(tmp_path)]
    with ClientPipe(tmp_path, *options) as alice:
        alice.until("Your text goes to #general")
        alice.enter(*lines)
        alice.until("alice: line 50")
        port = server.port
        server.kill()
        server.start(port=port)
        code, errors = alice.end()
    assert (code, errors) == (0, "")
    printed = [line.partition("alice: ")[2] for line in alice.output.splitlines() if "alice: line" in line]
    assert printed == lines


def test_send_says_when_a_message_is_stored(
    shared_server: ServerProcess, enter: Enter, tmp_path: Path
) -> None:
    """Quietly, or with its id and time as JSON; each line of standard input is one with --lines."""
    bob = enter(shared_server, "bob")
    options = [*server_options(shared_server, "alice"), *password_file(tmp_path)]
    quiet = run(tmp_path, "send", "#general", "deploy done", *options)
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, "", "")
    loud = run(tmp_path, "send", "#general", "-", "--lines", "--json", *options, text="one\n\ntwo\n")
    assert loud.returncode == 0, loud.stderr
    rows = [json.loads(line) for line in loud.stdout.splitlines()]
    heard = [line for line in bob.sync() if line.command == "PRIVMSG"]
    assert [line.params[-1] for line in heard] == ["deploy done", "one", "two"]
    assert [row["id"] for row in rows] == [line.tags["msgid"] for line in heard[1:]]
    assert [row["time"] for row in rows] == [line.tags["time"] for line in heard[1:]]


def test_send_ends_with_6_when_it_is_refused(shared_server: ServerProcess, tmp_path: Path) -> None:
    """With the server's reason."""
    options = [*server_options(shared_server, "alice"), *password_file(tmp_path)]
    done = run(tmp_path, "send", "#nowhere", "hello", *options)
    assert done.returncode == 6
    assert "#nowhere" in done.stderr


def test_send_enters_a_channel_when_it_is_told_to(
    shared_server: ServerProcess, enter: Enter, tmp_path: Path
) -> None:
    """A channel is for its members; the account stays one."""
    bob = enter(shared_server, "bob")
    bob.join("#deploys")
    options = [*server_options(shared_server, "alice"), *password_file(tmp_path)]
    refused = run(tmp_path, "send", "#deploys", "one", *options)
    assert refused.returncode == 6
    assert "join it first" in refused.stderr
    assert run(tmp_path, "send", "#deploys", "two", "--join", *options).returncode == 0
    assert run(tmp_path, "send", "#deploys", "three", *options).returncode == 0
    assert bob.said() == ["two", "three"]


def test_the_python_client_talks_to_a_real_server(shared_server: ServerProcess, enter: Enter) -> None:
    """join, send, topic, names, part."""
    bob = enter(shared_server, "bob")
    address = f"localhost:{shared_server.port}"
    with Client(address, user="alice", password=PASSWORD, ca=shared_server.ca) as chat:
        chat.join("#api")
        bob.join("#api")
        sent = chat.send("#api", "hello from a script")
        assert bob.hear("hello from a script").tags["msgid"] == sent.id
        chat.set_topic("#api", "scripts")
        assert chat.topic("#api") == "scripts"
        assert chat.names("#api") == ("alice", "bob")
        chat.part("#api")
        assert bob.expect("PART", "#api").source == "alice!alice@chat.test"


def test_trusted_servers_are_listed_and_removed(tmp_path: Path) -> None:
    """`trust list` and `trust remove`; forgetting an unknown one is an error."""
    known = tmp_path / ".config" / "securechat" / "known_servers"
    known.parent.mkdir(parents=True)
    known.write_text(f"chat.test:6697 sha256:{'A' * 43}\n")
    known.chmod(0o600)
    environment = {"XDG_CONFIG_HOME": ""}
    listed = run(tmp_path, "trust", "list", environment=environment)
    assert listed.stdout == f"chat.test:6697  sha256:{'A' * 43}\n"
    removed = run(tmp_path, "trust", "remove", "chat.test", "--json", environment=environment)
    assert (removed.returncode, json.loads(removed.stdout)) == (0, {"server": "chat.test:6697"})
    assert known.read_text() == ""
    again = run(tmp_path, "trust", "remove", "chat.test", environment=environment)
    assert again.returncode == 1
    assert "trust list" in again.stderr


def test_a_text_that_looks_like_something_else_is_sent_as_it_is(
    shared_server: ServerProcess, enter: Enter, tmp_path: Path
) -> None:
    """In the form of CTCP, of a line, of an event: its echo is known by its nonce."""
    bob = enter(shared_server, "bob")
    texts = [
        "\x01VERSION\x01",
        "\x01ACTION waves\x01",
        "\x01ACTION\x01",
        "\x01",
        "\x01no end",
        "no beginning\x01",
        ":bob!bob@s PRIVMSG #general :hi",
        "* bob has left #general",
    ]
    options = [*server_options(shared_server, "alice"), *password_file(tmp_path)]
    done = run(tmp_path, "send", "#general", "--lines", *options, "--json", text="\n".join(texts))
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == len(texts)
    assert bob.said()[-len(texts) :] == texts
    done = run(tmp_path, "connect", *options, text="\n".join(texts))
    assert done.returncode == 0, done.stderr
    assert bob.said()[-len(texts) :] == texts


@pytest.mark.parametrize("host", ["a..b", "x" * 64, "::1%lo", "[::1]:٣", "straße.example", "a b"])
def test_a_host_that_cannot_be_one_is_a_usage_error(tmp_path: Path, host: str) -> None:
    """Whatever the command."""
    password = password_file(tmp_path)
    for arguments in (["connect", *password], ["send", "#general", "hi", *password]):
        done = run(tmp_path, *arguments, "--host", host, "--user", "alice")
        assert (done.returncode, done.stdout) == (2, "")
        assert "is not a server's address" in " ".join(done.stderr.split())
        assert "Traceback" not in done.stderr
