"""Answers arrive whole, however the connection ends; TLS settings."""

import json
import socket
import ssl
import statistics
import subprocess
import time

import pytest

from daemon import HANG_GUARD, post, read_to_end, review, split_answers

BODY = json.dumps(review()).encode()


def test_close_answers_are_whole(daemon):
    """The corked record leaves before the end of TLS; see the notes on cork in connection.h."""
    expected = daemon.mutate(review())
    for _ in range(20):
        (status, headers, body), = split_answers(daemon.raw(post(BODY, "Connection: close")))
        assert (status, json.loads(body)) == (200, expected)
        assert headers["connection"].lower() == "close"


def test_http_1_0_answers_are_whole(daemon):
    expected = daemon.mutate(review())
    for _ in range(20):
        (status, _, body), = split_answers(daemon.raw(post(BODY, version="HTTP/1.0")))
        assert (status, json.loads(body)) == (200, expected)


def test_small_answers_are_one_record(daemon):
    """Header and body in one piece: that is what the cork is for."""
    with daemon.connect() as sock:
        sock.sendall(post(BODY))
        piece = sock.recv(16384)  # one TLS record at most
        head, _, rest = piece.partition(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        if length <= 15000:
            assert len(rest) == length


@pytest.mark.parametrize("path", ["/mutate", "/nowhere"])
def test_answers_are_not_held_back(daemon, path):
    """A cork that stays in costs 200 ms, the kernel's constant, on every request but the first."""
    client = daemon.client()
    took = []
    for _ in range(15):
        before = time.monotonic()
        client.request("POST", path, BODY, {"Content-Type": "application/json"})
        client.getresponse().read()
        took.append(time.monotonic() - before)
    client.close()
    assert statistics.median(took[1:]) < 0.15, took


def test_half_close_still_answers(daemon):
    with daemon.connect() as sock:
        sock.sendall(post(BODY, "Connection: close"))
        (status, _, _), = split_answers(read_to_end(sock, may_be_cut=False))
        assert status == 200


def test_alpn(daemon):
    context = daemon.tls_context()
    context.set_alpn_protocols(["h2", "http/1.1"])
    with daemon.connect(context=context) as sock:
        assert sock.selected_alpn_protocol() == "http/1.1"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_versions(daemon, version):
    context = daemon.tls_context()
    context.minimum_version = context.maximum_version = version
    with daemon.connect(context=context) as sock:
        sock.sendall(post(BODY, "Connection: close"))
        assert split_answers(read_to_end(sock, may_be_cut=False))[0][0] == 200
        assert sock.cipher()[0].endswith("AES_128_GCM_SHA256") or "AES128-GCM" in sock.cipher()[0]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_old_tls_is_refused(daemon):
    context = daemon.tls_context()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        daemon.connect(context=context)


def test_tls13_only(start):
    daemon = start("-tls-min-version=tls13")
    assert daemon.is_alive()
    context = daemon.tls_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        daemon.connect(context=context)


def test_cipher_choice(start):
    daemon = start("-tls-cipher-suites=TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384")
    context = daemon.tls_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with daemon.connect(context=context) as sock:
        assert sock.cipher()[0] == "ECDHE-ECDSA-AES256-GCM-SHA384"
    context.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        daemon.connect(context=context)


def test_a_list_of_refused_suites_leaves_tls13(start):
    daemon = start("-tls-cipher-suites=TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA")
    assert daemon.is_alive()
    context = daemon.tls_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        daemon.connect(context=context)


@pytest.mark.parametrize("version", ["TLS1.2", "TLS1.3"])
def test_chacha_alone(daemon, version):
    """What a client without AES in its processor may offer."""
    priority = f"NORMAL:-VERS-ALL:+VERS-{version}:-CIPHER-ALL:+CHACHA20-POLY1305"
    client = subprocess.run(["gnutls-cli", f"--x509cafile={daemon.ca}", f"--priority={priority}",
                             "-p", str(daemon.port), "localhost"], stdin=subprocess.DEVNULL,
                            capture_output=True, timeout=HANG_GUARD, text=True, check=False)
    assert "Handshake was completed" in client.stdout, client.stdout + client.stderr
    assert f"({version}" in client.stdout and "(CHACHA20-POLY1305)" in client.stdout, client.stdout


@pytest.mark.parametrize("kind", ["ecdsa", "rsa"])
def test_certificate_files(start, certificate, kind):
    cert, key = certificate(kind=kind)
    daemon = start(f"-tls-cert-file={cert}", f"-tls-key-file={key}", own_certificate=False, ca=cert)
    assert daemon.mutate(review())["response"]["allowed"] is True
    assert daemon.events("certificate ready")[0]["source"] == "files"
    slow = [e for e in daemon.log_lines() if "RSA" in e["@message"]]
    assert bool(slow) == (kind == "rsa")


def test_self_signed_names(start):
    daemon = start("-tls-auto-hosts=keyhook.svc,10.9.8.7")
    for name in ("keyhook.svc", "10.9.8.7"):
        daemon.connect(name=name).close()
    with pytest.raises(ssl.SSLCertVerificationError):
        daemon.connect(name="localhost")


def test_self_signed_default_names(daemon):
    for name in ("localhost", "127.0.0.1", "::1"):
        daemon.connect(name=name).close()
    with pytest.raises(ssl.SSLCertVerificationError):
        daemon.connect(name="elsewhere.example")


def test_certificate_file_has_no_key(daemon):
    with open(daemon.ca, encoding="ascii") as file:
        text = file.read()
    assert text.count("BEGIN") == 1 and "PRIVATE" not in text


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as sock:
            sock.bind(("::1", 0))
        return True
    except OSError:
        return False


def test_listen_everywhere(start):
    daemon = start(listen=":0")
    daemon.connect().close()
    if has_ipv6():
        daemon.connect(host="::1").close()


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6 loopback")
def test_listen_ipv6(start):
    daemon = start(listen="[::1]:0")
    daemon.connect(host="::1").close()
    with pytest.raises(ConnectionRefusedError):
        daemon.connect(host="127.0.0.1")
