#!/bin/bash
# What the scripts that build programs from Go modules share; to be sourced. They have say() and a directory $out.
# Status 77 (skipped), and a word about it, when there is no Go that can do it; a failure with REQUIRE_CLUSTER=1.

NEEDS_GO=26 # the minor version that the modules ask for

find_go() {
    local go minor
    for go in "$(command -v go || true)" /usr/local/go/bin/go; do
        [ -x "$go" ] || continue
        minor=$(GOTOOLCHAIN=local "$go" env GOVERSION | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
        if [ "${minor:-0}" -ge "$NEEDS_GO" ]; then
            echo "$go"
            return
        fi
    done
    say "no Go 1.$NEEDS_GO or later in PATH or /usr/local/go: tests with programs of others cannot run" \
        "(https://go.dev/dl has it; Debian 12's golang is too old)"
    [ "${REQUIRE_CLUSTER:-}" = 1 ] && exit 1
    exit 77
}

# Go wants a home; a machine without one has its caches beside the programs.
# shellcheck disable=SC2034 # read by the script that sources this one
cache=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/keyhook-test-servers
[ -n "${HOME:-}" ] || export GOPATH="$cache/go" GOCACHE="$cache/go-build"

# Sets go and takes the lock on $out: a second one waits for the first, then finds everything there.
go_begin() {
    go=$(find_go)
    mkdir -p "${out:?}"
    exec 9>"$out/.lock"
    flock 9
    export CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS=
}
