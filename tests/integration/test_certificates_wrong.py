"""What is served is judged first, wherever it comes from, and goes out as the chain that clients need."""

import pathlib
import signal
import subprocess
import time

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from certificates import HOOK, NAME, certificates_of, der, ready, served, wait_ready
from daemon import HANG_GUARD, run_keyhook, wait_for
from fakes.authority import Authority
from scrape import value

HOUR = 3600
TOKEN_LIFE = 80  # seconds: two thirds are over when the token is looked at for the first time, after 60
TEND_GUARD = 600


def asked(daemon):
    """How often the source has answered, well and badly."""
    return tuple(value(daemon, "keyhook_certificate_renewals_total", result=r) for r in ("ok", "failed"))


# --- what Vault signed


def stranger():
    return {"data": {"issuing_ca": Authority("a stranger").pem.strip(), "ca_chain": []}}


WRONG = [
    pytest.param({"names": ["elsewhere.example"]}, None, "is not for 'keyhook.vault.svc'", id="name"),
    pytest.param({"names": []}, None, "is not for 'keyhook.vault.svc'", id="no name"),
    pytest.param({"usage": ExtendedKeyUsageOID.CLIENT_AUTH}, None, "not for TLS servers", id="use"),
    pytest.param({"not_before": time.time() - 2 * HOUR, "not_after": time.time() - HOUR}, None, "expired",
                 id="ended"),
    pytest.param({"not_before": time.time() + 12 * HOUR}, None, "from now", id="not begun"),
    pytest.param({}, stranger, "does not lead to the published anchor", id="issuer"),
]


@pytest.mark.parametrize("wrong, merge, words", WRONG)
def test_what_vault_signed_is_judged(world, wrong, merge, words):
    daemon = world.start_vault()
    wait_ready(daemon)
    before, anchors = served(daemon), world.anchors
    world.vault.pki["pki"].wrong = wrong
    if merge:
        world.vault.script("sign", merge=merge())
    daemon.send_signal(signal.SIGHUP)
    wait_for(lambda: sum(asked(daemon)) > 1, "the answer")
    assert asked(daemon) == (1, 1)
    told = wait_for(lambda: daemon.events("the certificate was not replaced"), "a line")[0]
    assert told["class"] == ("clock" if words == "from now" else "bad_request")
    assert words in told["error"]
    assert served(daemon) == before and world.anchors == anchors and ready(daemon)[0] == 204


@pytest.mark.parametrize("wrong, merge, words", WRONG[:3])
def test_nothing_wrong_is_the_first(world, wrong, merge, words):
    world.vault.pki["pki"].wrong = wrong
    daemon = world.start_vault()
    told = wait_for(lambda: daemon.events("there is no certificate"), "a line")[0]
    assert told["class"] == "bad_request" and words in told["error"]
    assert ready(daemon)[0] == 503 and not world.bundle


# --- the chain


def chain_of(daemon):
    """Every certificate that the daemon sends, in DER and in that order."""
    file = daemon.log_file.with_name("chain.pem")
    subprocess.run(["gnutls-cli", "--insecure", f"--save-cert={file}", "-p", str(daemon.port), "127.0.0.1"],
                   stdin=subprocess.DEVNULL, capture_output=True, timeout=HANG_GUARD, check=False)
    return certificates_of(file.read_text("ascii"))


def test_the_root_alone_is_not_sent(world):
    daemon = world.start_vault()
    wait_ready(daemon)
    assert chain_of(daemon) == [served(daemon)]


@pytest.mark.parametrize("publish", ["issuer", "chain"])
def test_intermediates_are_sent_without_the_root(world, publish):
    mount = world.vault.pki["pki"]
    upper = mount.add_issuer(parent=mount.root, name="upper")
    lower = mount.add_issuer(parent=upper, name="lower")
    mount.default = 2
    daemon = world.start_vault(f"-publish={publish}")
    wait_ready(daemon)
    assert not daemon.events("there is no certificate")
    assert chain_of(daemon) == [served(daemon), der(lower.pem), der(upper.pem)]


# --- files


def test_files_of_a_stranger_are_refused_at_the_start(world, tmp_path):
    cert, key = Authority("the files' CA").server_files(tmp_path / "files", names=[NAME])
    stranger_file = Authority("a stranger").write(tmp_path / "stranger.pem")
    result = run_keyhook("serve", "-listen=127.0.0.1:0", f"-tls-cert-file={cert}", f"-tls-key-file={key}",
                         f"-tls-ca-cert-file={stranger_file}", f"-tls-auto={HOOK}", env=world.env)
    assert result.returncode == 1
    assert stranger_file in result.stderr and "does not lead to the published anchor" in result.stderr


@pytest.mark.parametrize("what", ["pair", "anchor"])
def test_files_of_a_stranger_are_not_taken(world, tmp_path, what):
    """The pair is replaced by one of another CA, or the CA's file is: either way the old pair stays."""
    ca, other = Authority("the files' CA"), Authority("a stranger")
    cert, key = ca.server_files(tmp_path / "files", names=[NAME])
    ca_file = tmp_path / "ca.pem"
    daemon = world.start(f"-tls-cert-file={cert}", f"-tls-key-file={key}",
                         f"-tls-ca-cert-file={ca.write(ca_file)}")
    wait_ready(daemon)
    before = served(daemon)
    if what == "anchor":
        other.write(ca_file)
    else:
        for new, old in zip(other.server_files(tmp_path / "others", names=[NAME]), (cert, key)):
            pathlib.Path(old).write_bytes(pathlib.Path(new).read_bytes())
    daemon.send_signal(signal.SIGHUP)
    wait_for(lambda: sum(asked(daemon)) > 1, "the answer")
    assert asked(daemon)[0] == 1
    told = wait_for(lambda: daemon.events("the certificate was not replaced"), "a line")
    assert "does not lead to the published anchor" in told[-1]["error"]
    assert served(daemon) == before and world.anchors == [der(ca.pem)]
    assert ready(daemon)[0] == 204
