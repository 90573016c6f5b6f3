#!/bin/sh
# Says clearly what is missing before anything is installed. Usage: check_machine.sh PYTHON
set -eu
python=$1
command -v "$python" >/dev/null 2>&1 || { echo "Kontor needs Python 3.11 or newer, and there is no '$python'. Install it, or name another: make PYTHON=python3.12 …" >&2; exit 1; }
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Kontor needs Python 3.11 or newer; '$python' is $("$python" -V 2>&1). Name another: make PYTHON=python3.12 …" >&2; exit 1; }
"$python" -c 'import venv, ensurepip' 2>/dev/null || { echo "'$python' cannot make virtual environments. On Debian: apt install python3-venv" >&2; exit 1; }
command -v cc >/dev/null 2>&1 || echo "note: there is no C compiler (cc); it is needed only where a package has no wheel for this machine" >&2
