"""`securechat channel`: what an administrator sees and sets of channels."""

from typing import TYPE_CHECKING, Annotated

import typer

from securechat.cli.change import change
from securechat.cli.exits import CommandFailed, ExitCode
from securechat.cli.moderation import restraints
from securechat.cli.place import ConfigOption, DataDirOption, existing_place
from securechat.cli.table import JsonOption, print_facts, print_json
from securechat.cli.telling import tell
from securechat.irc.text import count

if TYPE_CHECKING:
    from securechat.chat.requests import SetRetention


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    text = "List channels, drop them, change their settings; ban and mute people there."
    group = typer.Typer(help=text, no_args_is_help=True)
    group.command("list")(list_channels)
    group.command("drop")(drop_channels)
    group.command("set")(set_channel)
    restraints.register(group)
    app.add_typer(group, name="channel")


FounderOption = Annotated[
    str, typer.Option("--founder", metavar="NAME", help="Only those that this account founded.")
]
UnusedOption = Annotated[
    bool,
    typer.Option("--unused", help="Only those with no other member, where nothing was ever set or said."),
]


def list_channels(
    pattern: Annotated[
        str, typer.Argument(metavar="PATTERN", help="Names with * and ?, in quotes: '#project-*'.")
    ] = "*",
    founder: FounderOption = "",
    unused: UnusedOption = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """List the channels, each with how many members it has and how many days it keeps messages."""
    from securechat.cli.ask import Asking
    from securechat.cli.moderation.many_channels import find

    place = existing_place(config, data_dir)
    with Asking(place) as asking:
        rows = find(asking, [pattern], founder, unused=unused)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        days, members = row["retention_days"], row["members"]
        assert isinstance(days, int | None) and isinstance(members, int)
        kept = "" if days is None else "  kept for ever" if days == 0 else f"  kept {count(days, 'day')}"
        tell(f"{row['name']}  {count(members, 'member')}{kept}", out=True)


def drop_channels(
    patterns: Annotated[
        list[str], typer.Argument(metavar="PATTERN…", help="Names with * and ?, in quotes: '#spam-*'.")
    ],
    founder: FounderOption = "",
    unused: UnusedOption = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show which they are.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Remove channels for good. Their messages can no longer be read."""
    from securechat.chat.requests import DropChannels
    from securechat.cli.ask import Asking
    from securechat.cli.consent import require_consent
    from securechat.cli.moderation.many_channels import change_all, find, show

    place = existing_place(config, data_dir)
    with Asking(place) as asking:
        rows = find(asking, patterns, founder, unused=unused)
        names = [str(row["name"]) for row in rows]
        if dry_run:
            print_facts({"channels": names, "dropped": 0}, as_json)
            for name in () if as_json else names:
                tell(name, out=True)
            verb = "fits" if len(rows) == 1 else "fit"
            tell(f"{count(len(rows), 'channel')} {verb}; nothing was changed.")
            return
        if not rows:
            text = "no channel fits: names begin with #, and a pattern needs quotes in a shell: '#spam-*'"
            raise CommandFailed(text, ExitCode.REFUSED)
        if not yes:
            show(rows)
            require_consent(
                f"Drop {count(len(rows), 'channel')} in {place.directory}? Nothing brings them back."
            )
        done = change_all(
            asking, "dropped", names, lambda some: DropChannels(some, founder=founder, unused=unused)
        )
    print_facts({"channels": names, "dropped": done}, as_json)
    tell(f"{count(done, 'channel')} dropped in {place.directory}.")
    if done < len(rows):
        tell(f"{count(len(rows) - done, 'channel')} had gone, or changed, meanwhile.")


def set_channel(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The channel, such as #general.")],
    setting: Annotated[
        str, typer.Argument(metavar="SETTING", help="What to set: retention_days or founder.")
    ],
    value: Annotated[
        str,
        typer.Argument(
            metavar="VALUE",
            help='A number of days, 0 for ever, or "default"; the founder\'s account, or "-" for nobody.',
        ),
    ],
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Change a setting of a channel.

    retention_days: how long its messages are kept; "default" is what history.retention_days says.
    founder: whose channel it is; "-" is nobody's, so that administrators look after it.
    """
    from securechat.chat.requests import SetFounder

    if setting == "founder":
        request: SetFounder | SetRetention = SetFounder(name, "" if value == "-" else value)
    elif setting == "retention_days":
        request = _retention(name, value)
    else:
        text = f"{setting!r} is no setting of a channel: use retention_days or founder"
        raise CommandFailed(text, ExitCode.USAGE)
    place = existing_place(config, data_dir)
    facts = {"channel": name, "setting": setting, "value": value}
    done = f"The setting {setting} of {name} was set to {value or '-'}"
    change(place, request, done, as_json=as_json, facts=facts)


def _retention(name: str, value: str) -> "SetRetention":
    from securechat.chat.requests import SetRetention

    if value != "default" and not (value.isascii() and value.isdigit() and len(value) <= 6):
        raise CommandFailed(f'{value!r} is no number of days: use one, or "default"', ExitCode.USAGE)
    return SetRetention(name, -1 if value == "default" else int(value))
