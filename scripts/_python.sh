# shellcheck shell=sh
# Sourced by the scripts of this directory: `find_root` and `find_python`.

# Sets $root, the clone that holds the script "$1", wherever it is called from.
find_root() {
    root=$(readlink -f -- "$1" 2>/dev/null) || root=$1
    root=$(CDPATH='' cd -- "$(dirname -- "$root")/.." && pwd -P)
}

# Sets $python: $PYTHON, or else the first that will do. Says in one line what is missing when there is none.
find_python() {
    script=$(basename -- "$1")
    if [ -n "${PYTHON:-}" ]; then
        set -- "$PYTHON"
    else
        set -- python3 python3.14 python3.13 python3.12 python3.11
    fi
    reason=
    for python in "$@"; do
        command -v "$python" >/dev/null 2>&1 || continue
        answer=$("$python" -E -s -S -c "$python_probe" 2>/dev/null) || answer='does not run'
        [ "$answer" != ok ] || return 0
        reason="$reason; $python $answer"
    done
    reason=${reason#; }
    echo "$script: needs Python 3.11 to 3.14 with venv (${reason:-"no ${PYTHON:-python3} found"}):" \
        'install it (Debian, Ubuntu: apt-get install python3-venv) or name one with PYTHON=/path/to/python3' >&2
    return 1
}

# Old interpreters must be able to read this.
python_probe='
import sys
version = "%d.%d" % sys.version_info[:2]
if not (3, 11) <= sys.version_info[:2] < (3, 15):
    print("is " + version)
else:
    from importlib.util import find_spec
    print("ok" if find_spec("venv") and find_spec("ensurepip") else "(" + version + ") lacks the venv module")
'
