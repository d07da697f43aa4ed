"""What a server can make our client calculate before anybody has looked at its certificate: src/http/handshake."""

import math
import secrets
import socket
import ssl
import threading

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from fakes.authority import Authority, subject

TOO_LARGE = "The public key is invalid"
WRONG_SIGNATURE = "Public key signature verification has failed"

CERTIFICATE, SERVER_HELLO, KEY_EXCHANGE, HELLO_DONE = 11, 2, 12, 14
VERSION = b"\x03\x03"
ECDHE_RSA_AES128_GCM_SHA256 = bytes.fromhex("c02f")
RENEGOTIATION_INFO = bytes.fromhex("0005 ff01000100")
CURVE = bytes.fromhex("03 0017")  # named, P-256; its generator is as good a point as any
GENERATOR = bytes.fromhex(
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5")
RSA_PKCS1_SHA256 = bytes.fromhex("0401")
RECORD_MAX = 1 << 14


def sized(data, width):
    return len(data).to_bytes(width, "big") + data


def message(kind, body):
    return bytes([kind]) + sized(body, 3)


def flight(der, signature):
    """Everything that a TLS 1.2 server says before the client's key, whoever the client is (RFC 5246, RFC 8422)."""
    hello = (VERSION + secrets.token_bytes(32) + b"\0" + ECDHE_RSA_AES128_GCM_SHA256 + b"\0"
             + RENEGOTIATION_INFO)
    exchange = CURVE + sized(GENERATOR, 1) + RSA_PKCS1_SHA256 + sized(signature, 2)
    data = (message(SERVER_HELLO, hello) + message(CERTIFICATE, sized(sized(der, 3), 3))
            + message(KEY_EXCHANGE, exchange) + message(HELLO_DONE, b""))
    return b"".join(b"\x16" + VERSION + sized(data[i:i + RECORD_MAX], 2)
                    for i in range(0, len(data), RECORD_MAX))


def odd(bits):
    return secrets.randbits(bits) | 1 | 1 << (bits - 1)


@pytest.fixture
def stranger():
    """stranger(modulus, exponent bits, is_hasty) -> port of a server that shows such a key, signature at random."""
    running = []

    def start(bits, exponent_bits, is_hasty):
        modulus = odd(bits)
        key = rsa.RSAPublicNumbers(odd(exponent_bits), modulus).public_key()
        pem = Authority("nobody's").issue(key, subject("localhost"), ["localhost"])
        der = x509.load_pem_x509_certificate(pem.encode()).public_bytes(
            serialization.Encoding.DER)
        words = flight(der, (modulus - 2).to_bytes((bits + 7) // 8, "big"))
        listener = socket.create_server(("127.0.0.1", 0))

        def serve():
            try:
                with listener.accept()[0] as sock:
                    if not is_hasty:
                        sock.recv(RECORD_MAX)
                    sock.sendall(words)
                    while sock.recv(RECORD_MAX):
                        pass
            except OSError:
                pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        running.append((listener, thread))
        return listener.getsockname()[1]

    yield start
    for listener, thread in running:
        listener.close()
        thread.join(60)


@pytest.mark.parametrize("is_hasty", [False, True])
@pytest.mark.parametrize("bits, exponent_bits, words", [
    (2048, 17, WRONG_SIGNATURE), (16384, 64, WRONG_SIGNATURE),
    (16392, 17, TOO_LARGE), (2048, 65, TOO_LARGE), (40000, 39999, TOO_LARGE)])
def test_a_key_shown_by_a_stranger(caller, stranger, bits, exponent_bits, words, is_hasty):
    client = caller()
    client.good("http", {"base": f"https://localhost:{stranger(bits, exponent_bits, is_hasty)}"})
    reply = client.do("call", {"method": "GET", "path": "/"})
    assert (reply["rc"], reply["failure"]) == (-1, "connect")
    assert words in reply["message"]


def with_exponent(bits):
    """An RSA key that works, with a public exponent of so many bits."""
    usual = rsa.generate_private_key(65537, 2048).private_numbers()
    order = math.lcm(usual.p - 1, usual.q - 1)
    e = odd(bits)
    while math.gcd(e, order) != 1:
        e = odd(bits)
    d = pow(e, -1, order)
    return rsa.RSAPrivateNumbers(
        usual.p, usual.q, d, rsa.rsa_crt_dmp1(d, usual.p), rsa.rsa_crt_dmq1(d, usual.q), usual.iqmp,
        rsa.RSAPublicNumbers(e, usual.public_numbers.n)).private_key()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("bits, is_fine", [(17, True), (64, True), (65, False), (1000, False)])
def test_a_key_of_a_server_that_is_known(http, fake_server, version, bits, is_fine):
    server = fake_server()
    server.use_certificate(key=with_exponent(bits))
    server.context.minimum_version = server.context.maximum_version = version
    reply = http(server).get()
    if is_fine:
        assert reply["status"] == 200
    else:
        assert reply["failure"] == "connect" and TOO_LARGE in reply["message"]
