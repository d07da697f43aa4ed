"""Each allocation of ours in a call failing in turn: an error of its own, and recovery.

Those of libcurl 7.88 and jansson 2.14 are left out: they crash themselves when some of them fail.
"""

import pytest

ALLOCATIONS_MAX = 5000  # more would be an endless loop


def each(one, command, value, prepare):
    """Runs the command with its n-th allocation failing, for every n; the failures."""
    failed = []
    for n in range(1, ALLOCATIONS_MAX):
        prepare()
        one.good("fail_at", n)
        reply = one.do(command, value)
        if reply["allocations"] < n:
            assert reply["rc"] == 0
            return failed
        if reply["rc"] < 0:
            failed.append(reply)
    raise AssertionError("no end")


def no_memory(replies):
    return [r for r in replies if r["code"] == "no-memory"]


@pytest.mark.parametrize("tls", [True, False])
def test_a_call(http, fake_server, tls):
    server = fake_server(tls=tls)
    one = http(server)
    settings = {"base": server.address, "plain_ok": not tls, "server_name": "localhost",
                "ca_file": server.ca_file if tls else ""}
    call = {"method": "POST", "path": "/", "body": "{}", "headers": {"X": "y"}, "type": "a/b"}
    failed = each(one, "call", call, lambda: one.good("http", settings))
    assert len(no_memory(failed)) == len(failed) >= 1
    assert {r["failure"] for r in failed} == {"local"}


def test_a_signature(client, fake_vault, ask):
    vault = fake_vault()
    one = client(vault)
    one.good("sign", ask)
    failed = each(one, "sign", ask, vault.revoke_all)
    assert len(no_memory(failed)) == len(failed) >= 8
    assert {r["failure"] for r in failed} == {"local"}
    assert not [r for r in failed if r["leaf"] or r["chain"] or r["warnings"]]
    assert one.good("sign", ask)["leaf"]


def test_a_token_file(client, fake_vault, files):
    vault = fake_vault()
    vault.add_token("one")
    vault.add_token("two")
    one = client(vault, token_file=str(files.token))

    def other():
        files.token.write_text("one")
        one.do("tend")
        files.token.write_text("two")

    failed = each(one, "tend", {}, other)
    assert len(no_memory(failed)) == len(failed) >= 2
    assert {r["failure"] for r in failed} == {"local"}
