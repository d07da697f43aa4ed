# shellcheck shell=bash
# What up, down and in share. Sourced.
cluster=$(realpath -m "${KEYHOOK_CLUSTER:-${TMPDIR:-/tmp}/keyhook-cluster}") # all state of the cluster
name=$(basename "$cluster")                                                  # of its network and its control group
mark=$cluster/.keyhook-test-cluster
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=${PYTHON:-/usr/bin/python3}

umask 022 # PostgreSQL's account and those of pods read what is made here; what is secret has modes of its own

say() { echo "tests/cluster/$(basename "$0"): $*" >&2; }
die() {
    say "$*"
    exit 1
}

[ "$(id -u)" = 0 ] || die "a node needs root: for its network, its mounts and its control groups"
[[ $name =~ ^[a-z0-9][a-z0-9-]{0,30}$ ]] || die "KEYHOOK_CLUSTER: '$name' must be small letters, digits and -"
case $cluster in
    /run/* | /var/lib/* | /var/log/*) die "KEYHOOK_CLUSTER: the cluster has /run, /var/lib and /var/log of its own" ;;
esac
[ ! -e "$cluster" ] || [ -e "$mark" ] || [ -z "$(ls -A "$cluster")" ] ||
    die "KEYHOOK_CLUSTER: $cluster is not empty and not a cluster's"

# The process that holds all others: its number and the time of its start, as numbers are used again.
start_of() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }
is_running() {
    local pid start
    read -r pid start 2>/dev/null <"$cluster/pid" && [ -n "$start" ] && [ "$(start_of "$pid")" = "$start" ]
}
is_usable() { is_running && [ -e "$cluster/environment" ]; }
