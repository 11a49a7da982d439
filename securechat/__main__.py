"""The entry point: what has to happen before anything else is imported, then the command line."""

from securechat.tls.groups import restrict_groups

# Before anything that brings ssl, hashlib or secrets in: OpenSSL reads its configuration once.
restrict_groups()

import os  # noqa: E402
import sys  # noqa: E402

_ERROR = 1
_INTERRUPTED = 130
_OF_SERVERS_SYSTEM = {"fcntl", "resource", "pwd", "grp"}
"""Modules that are not on every system where the client runs."""


def main() -> None:
    """Run the command that the arguments name, and end the process with its exit code."""
    # Whatever a command writes is its user's alone, also what a library creates.
    os.umask(0o077)
    from securechat.cli import streams

    streams.guard()
    try:
        from securechat.cli.app import run

        try:
            run()
        finally:
            sys.stdout.flush()
    except streams.OutputFailed as failure:
        print(f"securechat: {failure}", file=sys.stderr)
        sys.exit(_ERROR)
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    except ModuleNotFoundError as missing:
        if missing.name not in _OF_SERVERS_SYSTEM:
            _report_bug()
        else:
            text = "this command is for a server's host, and the server runs on Linux"
            print(f"securechat: {text}", file=sys.stderr)
        sys.exit(_ERROR)
    except Exception:
        _report_bug()
        sys.exit(_ERROR)


def _report_bug() -> None:
    """Show the traceback, without local variables, and with what came from elsewhere made harmless."""
    import traceback

    from securechat.log import escape

    for line in traceback.format_exc().splitlines():
        print(escape(line), file=sys.stderr)
    print("securechat: this is an error in the program; please report the lines above", file=sys.stderr)


if __name__ == "__main__":
    main()
