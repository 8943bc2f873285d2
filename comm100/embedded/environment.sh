# Sourced by bin/*: goes to the root of the checkout and leaves in $python the interpreter of an
# environment that holds exactly requirements.lock, making it when it is missing or old.

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P) || exit 1
cd "$root" || exit 1
export PYTHONPATH="$root" PYTHONUNBUFFERED=1
unset CDPATH VIRTUAL_ENV PYTHONHOME

cached="${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/comm100/$(printf '%s' "$root" | cksum | tr ' ' '-')"
if [ -n "${COMM100_VENV:-}" ]; then
    venvs=$COMM100_VENV
else
    venvs="$root/.venv
$cached"
fi

# The stamp of an environment is the lock it was made from.
is_current() {
    cmp -s requirements.lock "$1/requirements.lock" && "$1/bin/python" -c '' 2>/dev/null
}

find_environment() {
    python=
    for venv in $venvs; do
        if is_current "$venv"; then
            python=$venv/bin/python
            return
        fi
    done
    return 1
}

find_builder() {
    for builder in python3 python3.14 python3.13 python3.12 python3.11 python; do
        "$builder" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && return
    done
    echo "Python 3.11 or newer is needed, and none was found on the PATH." >&2
    exit 1
}

old_ifs=$IFS
IFS='
' # $venvs is one path a line
if ! find_environment; then
    if [ -n "${COMM100_MADE:-}" ]; then
        echo "The Python environment could not be made in: $venvs" >&2
        exit 1
    fi
    find_builder
    export COMM100_MADE=1
    exec "$builder" comm100/embedded/environment.py "$venvs" "$root/bin/${0##*/}" "$@"
fi
IFS=$old_ifs
unset COMM100_MADE
PATH="$(dirname -- "$python"):$PATH"
export PATH
