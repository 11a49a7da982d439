"""The app from its beginning to its end: the servers, the connections, and the terminal afterwards."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack

from securechat.client import haste
from securechat.client.account.login import Login
from securechat.client.account.profiles import Profile
from securechat.client.account.wizard import Wizard
from securechat.client.errors import ClientError
from securechat.client.kept.input_history import InputHistory
from securechat.client.paths import Places
from securechat.client.tui import language
from securechat.client.tui.app import ChatApp
from securechat.client.tui.keys import ACTIONS
from securechat.client.tui.language import _
from securechat.client.tui.opening import Opener
from securechat.client.tui.phrases import told
from securechat.client.tui.servers import Link
from securechat.client.tui.settings import SettingsFile
from securechat.client.tui.shell import Result, Start
from securechat.client.tui.wizard_screen import FirstRun


def run(
    login: Login,
    channels: Sequence[str],
    others: Sequence[Profile],
    opener: Opener,
    places: Places,
    environment: Mapping[str, str],
) -> tuple[Result, int]:
    """Chat until the end of it; return how it ended, and how many messages wait on disk.

    The server of `login` is shown first; `others` are opened, too, as far as nobody has to be asked. Raises
    OSError when it cannot be kept how far everything was told.
    """
    file = SettingsFile(places.settings)
    settings = file.load(frozenset(ACTIONS))
    language.use(language.chosen(settings["language"], environment))
    links = [opener.link(login, channels, patience=bool(others), first=True)]
    problems = [*file.problems]
    for profile in others:
        try:
            unasked = opener.unasked(profile)
        except ClientError as error:
            problems.append(f"{profile.name}: {told(str(error))}")
            continue
        if unasked is None:
            problems.append(_("{name} needs your password: /server {name}").format(name=profile.name))
        else:
            links.append(opener.link(unasked, patience=True))
    app = ChatApp(
        Start(
            links=links,
            settings=settings,
            save_settings=file.save,
            opener=opener,
            problems=[*(problem for link in links for problem in link.problems), *problems],
            environment=dict(environment),
            signals=True,
            history=InputHistory(places.input_history),
            painted=haste.painted,
        )
    )
    return _until_the_end(app)


def _until_the_end(app: ChatApp) -> tuple[Result, int]:
    for server in app.servers.all:
        server.link.start()
    result: Result | None = None
    try:
        result = app.run()
    finally:
        links = [server.link for server in app.servers.all]
        goodbye = result.goodbye if result is not None else ""
        waiting = _close(links, goodbye)
    if result is None:  # the app broke, and has said so on the terminal
        result = Result(broken=True)
    return result, waiting


def _close(links: Sequence[Link], goodbye: str) -> int:
    """Close every connection; return how many messages wait on disk. Raises OSError."""
    waiting: list[int] = []
    for link in links:
        link.leave(goodbye)  # to all, before one of them is waited for
    with ExitStack() as closing:
        for link in links:
            closing.callback(lambda close: waiting.append(close(goodbye)), link.close)
    return sum(waiting)


def find_the_way(
    wizard: Wizard, places: Places, environment: Mapping[str, str]
) -> tuple[Login | None, Result]:
    """Have a person find the way to a login, which is None when they stopped; return how it ended, too."""
    settings = SettingsFile(places.settings).load(frozenset(ACTIONS))
    language.use(language.chosen(settings["language"], environment))
    app = FirstRun(wizard, settings["theme"])
    login = app.run()
    return login, Result(signal=app.signal, broken=bool(app.return_code))
