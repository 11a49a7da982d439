"""The scripts that teach shells to complete: Typer's, with what the one for zsh lacks.

zsh reads the script's file when Tab is pressed for the first time, and what it has read has to complete that
very word: Typer's script only says who is to be asked the next time.
"""

from typing import Final

from typer import _completion_shared

_FIRST_TIME: Final = """
if [ "${funcstack[1]}" = "_%(prog_name)s" ]; then
  %(complete_func)s "$@"
fi
"""


def mend_scripts() -> None:
    """Have Typer write scripts that work from the first Tab on."""
    scripts = _completion_shared._completion_scripts
    if not scripts["zsh"].endswith(_FIRST_TIME):
        scripts["zsh"] += _FIRST_TIME
