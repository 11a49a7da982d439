"""The definition of the configuration: what is told of every key is complete and true."""

import json
import tomllib
from pathlib import Path

import msgspec
import pytest

from securechat.app.configuration import (
    OPTIONS,
    Change,
    ConfigError,
    Loaded,
    as_toml,
    change,
    defaults_as_toml,
    load,
)
from securechat.config import Config, Field, fields, sections

ALL = list(fields().values())


def read(text: str, tmp_path: Path, **environment: str) -> Loaded:
    """Load a configuration file of this text."""
    file = tmp_path / "securechat.toml"
    file.write_text(text, encoding="utf-8")
    return load(file, environment, {})


def problems(text: str, tmp_path: Path, **environment: str) -> tuple[str, ...]:
    """Return what is wrong with a configuration file of this text."""
    with pytest.raises(ConfigError) as caught:
        read(text, tmp_path, **environment)
    return caught.value.problems


def wrong_value(field: Field) -> str:
    """Return TOML that no key of this kind accepts."""
    return '"maybe"' if not isinstance(field.default, str) else "17"


@pytest.mark.parametrize("field", ALL, ids=lambda field: field.name)
def test_every_key_is_documented_and_its_default_is_accepted(field: Field) -> None:
    """A key has one line of documentation that ends like a sentence, and a default of its own type."""
    assert "\n" not in field.key.description
    assert field.key.description.endswith(".")
    assert field.accepts
    assert msgspec.convert(field.default, type=field.type) == field.default


@pytest.mark.parametrize("field", ALL, ids=lambda field: field.name)
def test_a_wrong_value_is_reported_with_key_and_what_is_accepted_and_where(
    field: Field, tmp_path: Path
) -> None:
    """Every key's error names the key, what it accepts, the value and the file."""
    section, _, key = field.name.rpartition(".")
    (problem,) = problems(f"[{section}]\n{key} = {wrong_value(field)}\n", tmp_path)
    file = tmp_path / "securechat.toml"
    assert problem == f"{field.name} must be {field.accepts}, not {wrong_value(field)} (in {file})"


@pytest.mark.parametrize("field", ALL, ids=lambda field: field.name)
def test_every_key_has_an_environment_form(field: Field, tmp_path: Path) -> None:
    """A key's default, written into its variable, is read back as the same value."""
    text = field.default if isinstance(field.default, str) else json.dumps(field.default)
    loaded = load(None, {field.variable: text}, {})
    assert loaded.origins == {field.name: field.variable}
    assert loaded.config == Config()


def test_the_keys_that_others_rely_on_are_there() -> None:
    """Names of keys that checks outside the project use."""
    assert {
        "server.name",
        "server.network",
        "identity.nicknames",
        "identity.registration",
        "channels.autojoin",
        "limits.connections_per_source",
        "limits.connections_window",
        "limits.flood",
        "limits.sendq",
        "auth.argon2.time_cost",
        "auth.argon2.memory_cost",
        "auth.argon2.parallelism",
        "auth.slots",
        "history.retention_days",
    } <= set(fields())


def test_options_name_keys() -> None:
    """Every option of the command line that sets a key sets one that exists."""
    assert set(OPTIONS.values()) <= set(fields())


def test_nothing_given_is_all_defaults() -> None:
    """Without a file, variables and options, every key has its default."""
    loaded = load(None, {"HOME": "/", "SECURECHAT_CONFIG": "x", "SECURECHAT_DATA_DIR": "y"}, {"--port": None})
    assert loaded == Loaded(Config(), None, {})


def test_the_file_is_read(tmp_path: Path) -> None:
    """Values of all kinds come from the file, also from a table inside a table."""
    loaded = read(
        """
        [server]
        name = "chat.example.org"
        motd = '''
one
two'''
        [limits]
        flood = false
        exempt = ["192.0.2.0/24", "2001:db8::1"]
        [auth.argon2]
        time_cost = 4
        """,
        tmp_path,
    )
    assert loaded.config.server.name == "chat.example.org"
    assert loaded.config.server.motd == "one\ntwo"
    assert loaded.config.limits.flood is False
    assert loaded.config.limits.exempt == ("192.0.2.0/24", "2001:db8::1")
    assert loaded.config.auth.argon2.time_cost == 4
    assert loaded.config.auth.argon2.memory_cost == 65536
    assert loaded.origins["auth.argon2.time_cost"] == f"in {tmp_path / 'securechat.toml'}"


def test_option_wins_over_environment_over_file_over_default(tmp_path: Path) -> None:
    """Of all places that set a key, the nearest to the person wins."""
    file = tmp_path / "securechat.toml"
    file.write_text('[server]\nport = 1\nhost = "a"\nnetwork = "F"\n')
    environment = {"SECURECHAT_SERVER__PORT": "2", "SECURECHAT_SERVER__HOST": "b"}
    loaded = load(file, environment, {"--port": 3})
    server = loaded.config.server
    assert (server.port, server.host, server.network, server.workers) == (3, "b", "F", 0)
    assert loaded.origins == {
        "server.port": "--port",
        "server.host": "SECURECHAT_SERVER__HOST",
        "server.network": f"in {file}",
    }


def test_a_wrong_value_is_reported_although_another_overrides_it(tmp_path: Path) -> None:
    """An override does not hide what is wrong in the file."""
    (problem,) = problems("[server]\nport = 70000\n", tmp_path, SECURECHAT_SERVER__PORT="2")
    assert problem.startswith("server.port must be a number from 0 to 65535, not 70000")


def test_all_problems_are_reported_together(tmp_path: Path) -> None:
    """One look at the file and the environment finds everything that is wrong with them."""
    found = problems("[server]\nport = -1\nhosst = 3\n[sever]\n", tmp_path, SECURECHAT_LOG__LEVEL="loud")
    file = tmp_path / "securechat.toml"
    assert found == (
        f"server.port must be a number from 0 to 65535, not -1 (in {file})",
        f"server.hosst is not a known key; did you mean server.host? (in {file})",
        f"sever is not a known key; did you mean server? (in {file})",
        'log.level must be "debug", "info", "warning" or "error", not "loud" (SECURECHAT_LOG__LEVEL)',
    )


def test_a_section_that_is_no_table_is_an_error(tmp_path: Path) -> None:
    """A value where a table belongs is named, with how to write the table."""
    file = tmp_path / "securechat.toml"
    assert problems("server = 3\nauth.argon2 = true\n", tmp_path) == (
        f"server must be a table of keys: write [server] (in {file})",
        f"auth.argon2 must be a table of keys: write [auth.argon2] (in {file})",
    )


def test_an_unknown_variable_is_an_error() -> None:
    """A misspelt variable is not silently ignored, and cannot write to the terminal."""
    with pytest.raises(ConfigError) as caught:
        load(None, {"SECURECHAT_SERVER__PROT": "1", "SECURECHAT_A__\x1b[31m": "2"}, {})
    assert caught.value.problems == (
        "a.?[31m is not a known key (SECURECHAT_A__?[31m)",
        "server.prot is not a known key; did you mean server.port? (SECURECHAT_SERVER__PROT)",
    )


@pytest.mark.parametrize(
    ("variable", "text", "value"),
    [
        ("SECURECHAT_SERVER__PORT", "6698", 6698),
        ("SECURECHAT_LIMITS__FLOOD", "false", False),
        ("SECURECHAT_TLS__MINIMUM", "1.2", "1.2"),
        ("SECURECHAT_SERVER__MOTD", '"quoted" = [text]', '"quoted" = [text]'),
        ("SECURECHAT_CHANNELS__AUTOJOIN", '["#a", "#b"]', ("#a", "#b")),
        ("SECURECHAT_CHANNELS__AUTOJOIN", "[]", ()),
        ("SECURECHAT_AUTH__ARGON2__TIME_COST", "5", 5),
    ],
)
def test_environment_forms(variable: str, text: str, value: object) -> None:
    """Numbers, booleans and lists are written as in TOML, texts as they are."""
    loaded = load(None, {variable: text}, {})
    (name,) = loaded.origins
    assert json.loads(msgspec.json.encode(loaded.config))  # every value can be shown
    section, _, key = name.rpartition(".")
    found = msgspec.to_builtins(loaded.config)
    for part in section.split("."):
        found = found[part]
    assert found[key] == value


@pytest.mark.parametrize("text", ["١٢", "yes", "6697\nx = 1", "1.0", "", "true", "'1'"])
def test_environment_number_that_is_none(text: str) -> None:
    """What is no TOML integer is refused: digits of other scripts, too."""
    with pytest.raises(ConfigError, match=r"server\.port must be a number .*SERVER__PORT"):
        load(None, {"SECURECHAT_SERVER__PORT": text}, {})


def test_environment_that_is_no_text() -> None:
    """Bytes that are no UTF-8 are reported as such."""
    with pytest.raises(ConfigError, match="the value of SECURECHAT_SERVER__MOTD is not UTF-8"):
        load(None, {"SECURECHAT_SERVER__MOTD": b"\xff".decode("utf-8", "surrogateescape")}, {})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("server.name", "chat"),
        ("server.name", "-chat.example.org"),
        ("server.name", "chat.example.org\n"),
        ("server.name", f"{'a' * 60}.example.org"),
        ("server.network", "Two words"),
        ("server.network", ""),
        ("server.motd", "a\x1bb"),
        ("server.icon", "http://chat.example.org/icon.png"),
        ("server.icon", "https://chat.example.org/an icon.png"),
        ("server.icon", f"https://chat.example.org/{'x' * 200}"),
        ("tls.sts_days", "-1"),
        ("channels.autojoin", '["general"]'),
        ("channels.autojoin", '["#a b"]'),
        ("limits.exempt", '["10.0.0.0/33"]'),
        ("limits.exempt", '["10.0.0.1/8"]'),
        ("limits.sendq", "1024"),
        ("auth.argon2.memory_cost", "19455"),
        ("auth.argon2.memory_cost", "262145"),
        ("auth.argon2.time_cost", "1"),
        ("auth.argon2.parallelism", "0"),
        ("identity.registration", "open"),
        ("tls.minimum", "1.1"),
        ("tls.names", '["a b"]'),
    ],
)
def test_values_out_of_bounds_are_refused(key: str, value: str) -> None:
    """Bounds and forms that a type does not say; argon2 has the floor that OWASP gives."""
    field = fields()[key]
    with pytest.raises(ConfigError) as caught:
        load(None, {field.variable: value}, {})
    (problem,) = caught.value.problems
    assert problem.startswith(f"{key} must be {field.accepts}, not ")


def test_a_long_wrong_value_is_shown_shortened() -> None:
    """An error stays one readable line."""
    with pytest.raises(ConfigError) as caught:
        load(None, {"SECURECHAT_SERVER__NETWORK": "x" * 500}, {})
    assert len(caught.value.problems[0]) < 200


def test_a_relative_path_starts_where_it_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the file it starts at the file's directory, elsewhere at the working directory; ~ is the home."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "home")
    loaded = read('[tls]\ncertificate = "a.pem"\nkey = "~/b.key"\n', tmp_path / "etc")
    assert loaded.config.tls.certificate == str(tmp_path / "etc" / "a.pem")
    assert loaded.config.tls.key == str(tmp_path / "home" / "b.key")
    loaded = load(None, {"SECURECHAT_TLS__CERTIFICATE": "a.pem"}, {"--key": "b.key"})
    assert loaded.config.tls.certificate == str(tmp_path / "home" / "a.pem")
    assert loaded.config.tls.key == str(tmp_path / "home" / "b.key")


def test_the_working_directory_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a path that starts there needs it, and it may have been found out before."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    options: dict[str, str | int | None] = {"--cert": "/a.pem", "--key": "/b.key", "--port": 1}
    assert load(None, {}, options).config.tls.certificate == "/a.pem"
    variables = {"SECURECHAT_TLS__CERTIFICATE": "~/a.pem", "SECURECHAT_TLS__KEY": "b.key"}
    with pytest.raises(ConfigError, match=r"tls\.key is a path from the working dir.* \(SECURECHAT_TLS__KEY"):
        load(None, variables, {})
    assert load(None, variables, {}, tmp_path).config.tls.key == str(tmp_path / "b.key")


@pytest.mark.parametrize(("given", "missing"), [("certificate", "key"), ("key", "certificate")])
def test_certificate_and_key_belong_together(given: str, missing: str, tmp_path: Path) -> None:
    """One without the other is an error that names the missing one."""
    (problem,) = problems(f'[tls]\n{given} = "x"\n', tmp_path)
    file = tmp_path / "securechat.toml"
    assert problem == f"tls.{missing} must be set, too, since tls.{given} is (in {file})"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"a=" + b"[" * 5000 + b"]" * 5000, "cannot be read: it has brackets in too many brackets"),
        (b"[server]\nport=" + b"9" * 5000, "cannot be read: .* too many digits"),
        (b"[server]\nname='\xff'", "is not valid TOML: it is not in UTF-8 at byte 16"),
    ],
    ids=["deep", "long", "not UTF-8"],
)
def test_a_file_that_is_no_configuration_is_refused_in_plain_words(
    content: bytes, reason: str, tmp_path: Path
) -> None:
    """Whatever the parser makes of it, the person reads what is wrong and no traceback."""
    file = tmp_path / "bad.toml"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=f"the configuration .*/bad.toml {reason}"):
        load(file, {}, {})


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """The error names the file and why."""
    with pytest.raises(ConfigError, match=r"the configuration .*/none\.toml cannot be read: No such file"):
        load(tmp_path / "none.toml", {}, {})


@pytest.mark.parametrize("content", [b"[server\n", b"\xff\xfe", b"a = 1\na = 2\n"])
def test_a_file_that_is_no_toml(content: bytes, tmp_path: Path) -> None:
    """The error names the file and what the parser says, with the line where it can."""
    file = tmp_path / "bad.toml"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=r"the configuration .*/bad\.toml is not valid TOML: "):
        load(file, {}, {})


def test_the_default_file_says_nothing_and_everything(tmp_path: Path) -> None:
    """As it is printed it sets nothing; with every key uncommented it is the defaults, one by one."""
    text = defaults_as_toml()
    assert set(tomllib.loads(text)) == {section.name.partition(".")[0] for section in sections()}
    uncommented = "\n".join(
        line[1:] if line.startswith("#") and not line.startswith("# ") else line for line in text.splitlines()
    )
    loaded = read(uncommented, tmp_path)
    assert loaded.config == Config()
    assert set(loaded.origins) == set(fields())


def test_the_configuration_in_force_can_be_read_back(tmp_path: Path) -> None:
    """What `config show` prints is TOML with the same values, and says where they came from."""
    file = tmp_path / "securechat.toml"
    file.write_text('[server]\nmotd = "a\\n\\"b\\" \\\\ \\u00e9"\n[channels]\nautojoin = []\n')
    loaded = load(file, {"SECURECHAT_LIMITS__SENDQ": "65536"}, {"--port": 0})
    text = as_toml(loaded)
    assert "sendq = 65536  # SECURECHAT_LIMITS__SENDQ\n" in text
    assert "port = 0  # --port\n" in text
    (tmp_path / "again").mkdir()
    assert read(text, tmp_path / "again").config == loaded.config


def test_a_change_takes_over_what_can_change_while_the_server_runs() -> None:
    """Keys that a reload applies are told apart from those that keep their values until a restart."""
    old = load(None, {"SECURECHAT_SERVER__HOST": "::1"}, {}).config
    new = load(None, {"SECURECHAT_SERVER__MOTD": "hi", "SECURECHAT_SERVER__PORT": "1"}, {}).config
    found = change(old, new)
    assert (found.applied, found.pending) == (["server.motd"], ["server.host", "server.port"])
    assert (found.config.server.motd, found.config.server.host) == ("hi", "::1")
    assert found.config.server.port == 6697
    assert change(found.config, new).pending == ["server.host", "server.port"]
    assert change(old, old) == Change(old, [], [])


def test_the_password_in_a_url_is_never_shown(tmp_path: Path) -> None:
    """Neither by `config show` nor by the error about a URL that is not accepted."""
    url = "postgresql://chat:geheim@db.example.org/chat?sslmode=require&password=geheim"
    loaded = read(f'[storage]\nurl = "{url}"\n', tmp_path)
    assert loaded.config.storage.url == url
    shown = tomllib.loads(as_toml(loaded))["storage"]["url"]
    assert shown == "postgresql://chat:***@db.example.org/chat?sslmode=require&password=***"
    (problem,) = problems('[storage]\nurl = "mysql://chat:geheim@db/chat"\n', tmp_path)
    assert "geheim" not in problem
    assert problem.startswith("storage.url must be a URL that begins with postgresql://")
