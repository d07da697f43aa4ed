# shellcheck shell=bash
# What the scripts of this directory share. Sourced.
cluster=$(realpath -m "${KEYHOOK_KIND:-${TMPDIR:-/tmp}/keyhook-kind}") # all state of ours
name=$(basename "$cluster")                                            # of the cluster

say() { echo "tests/e2e/kind/$(basename "$0"): $*" >&2; }
die() {
    say "$*"
    exit 1
}
is_there() { kind get clusters 2>/dev/null | grep -qxF "$name"; }
