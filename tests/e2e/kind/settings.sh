# shellcheck shell=bash
# What the scripts of this directory share. Sourced.
cluster=$(realpath -m "${KEYHOOK_KIND:-${TMPDIR:-/tmp}/keyhook-kind}") # all state of ours
name=$(basename "$cluster")                                            # of the cluster
mark=$cluster/.keyhook-test-cluster

say() { echo "tests/e2e/kind/$(basename "$0"): $*" >&2; }
die() {
    say "$*"
    exit 1
}
[ ! -e "$cluster" ] || [ -e "$mark" ] || [ -z "$(ls -A "$cluster")" ] ||
    die "KEYHOOK_KIND: $cluster is not empty and not a cluster's"

is_there() { kind get clusters 2>/dev/null | grep -qxF "$name"; }
