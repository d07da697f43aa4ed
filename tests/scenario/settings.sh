# shellcheck shell=bash
# What run, up and down share. Sourced, in the project's root.
export KEYHOOK_CLUSTER=${KEYHOOK_CLUSTER:-${TMPDIR:-/tmp}/keyhook-scenario}
export PYTHONDONTWRITEBYTECODE=1
python=${PYTHON:-/usr/bin/python3}
say() { echo "tests/scenario/$(basename "$0"): $*" >&2; }

cannot() {
    say "$*"
    [ "${REQUIRE_CLUSTER:-}" = 1 ] && exit 1
    exit 77
}
[ "$(id -u)" = 0 ] || cannot "a node needs root"
for program in containerd runc dnsmasq nft busybox setpriv psql; do
    command -v "$program" >/dev/null || cannot "$program is missing: scripts/deps node"
done
