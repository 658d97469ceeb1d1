#!/bin/sh
# with-node.sh SCRIPT.ts [args]: runs a script of ours under Node 24 or newer
# with the dependencies of package-lock.json, and first gets whichever of the
# two is missing. Ends in exec, so that a signal sent to npm reaches the script.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
cd "$root"

say() { printf '%s\n' "$*"; }
fail() {
  printf 'ChatAway: %s\n' "$*" >&2
  exit 1
}

node_is_new() {
  version=$(node --version 2>/dev/null) || return 1
  version=${version#v}
  [ "${version%%.*}" -ge 24 ] 2>/dev/null
}

# installed DIR: DIR's node_modules are those of its lockfile. npm writes its
# hidden lockfile last, so a broken-off installation has none.
installed() { [ "$1/node_modules/.package-lock.json" -nt "$1/package-lock.json" ]; }

# install DIR WHAT: installs what DIR's lockfile says, without running any
# package's own install script.
install() {
  command -v npm >/dev/null || fail "npm was not found: install it (Debian: apt-get install npm), then start again."
  say "Installing $2 ..."
  if ! output=$(cd "$1" && npm ci --ignore-scripts --loglevel=error --no-audit --no-fund 2>&1 </dev/null); then
    code=$(printf '%s\n' "$output" | sed -n -e 's/^npm error code //p' -e 's/^npm ERR! code //p' | head -n 1)
    fail "npm could not install $2 (${code:-it gave no reason}): check that npm's registry can be reached (npm ping), or see what \"npm ci --ignore-scripts\" says in $1; then start again."
  fi
}

# Two first starts at once take turns. The lock is held on this folder, which
# needs no file of its own, and only while there is something to install.
lock() { if command -v flock >/dev/null; then exec 9<"$here" && flock 9; fi; }
unlock() { exec 9<&-; }

if ! node_is_new; then
  PATH="$here/node/node_modules/.bin:$PATH"
  export PATH
  if ! installed "$here/node" || ! node_is_new; then
    case "$(uname -s) $(uname -m)" in
    "Linux x86_64" | "Linux aarch64" | "Linux arm64") ;;
    *) fail "Node 24 or newer is needed: install it from https://nodejs.org, then start again." ;;
    esac
    lock
    installed "$here/node" && node_is_new || install "$here/node" "Node 24 (the system's is older)"
    unlock
    # npm does not tell when an optional package failed.
    node_is_new || fail "Node 24 did not come from npm's registry, or does not run here: check that the registry can be reached (npm ping) or install Node 24 from https://nodejs.org, then start again."
  fi
fi

if ! installed "$root"; then
  lock
  installed "$root" || install "$root" "the dependencies"
  unlock
fi

exec node "$@"
