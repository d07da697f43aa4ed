"""From SIGTERM to the end: nobody who comes meanwhile is lost.  SIGHUP: a new certificate."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import ssl
import threading

import pytest

from daemon import accepts, HANG_GUARD, post, read_answer, read_to_end, review, split_answers, wait_for
from scrape import plain, value

BODY = json.dumps(review()).encode()
PLAIN = "-plain-listen=127.0.0.1:0"
FAREWELL = b"HTTP/1.1 100 Continue\r\n\r\n"
LONG = "5m"  # longer than any test: only a second signal ends it


@pytest.fixture
def draining(start):
    """A daemon that got its SIGTERM and is not going to end by itself."""
    daemon = start(PLAIN, drain=LONG)
    daemon.send_signal()
    wait_for(lambda: daemon.events("draining"), "the drain to begin")
    yield daemon
    daemon.send_signal(signal.SIGINT)


def close_answer(stream):
    (status, headers, _), = split_answers(stream)
    assert headers["connection"].lower() == "close"
    return status


def test_not_ready_but_alive(draining):
    for path, expected in (("/health/ready", 503), ("/health/live", 204)):
        assert draining.request("GET", path)[0] == expected
        assert plain(draining, path)[0] == expected
    assert value(draining, "keyhook_ready") == 0


def test_new_connections_are_answered_and_closed(draining):
    for _ in range(20):
        assert close_answer(draining.raw(post(BODY))) == 200


def test_idle_connections_get_their_next_answer(start):
    daemon = start(PLAIN, drain=LONG)
    with contextlib.ExitStack() as stack:
        socks = [stack.enter_context(daemon.connect()) for _ in range(5)]
        for sock in socks[:3]:
            sock.sendall(post(BODY))
            assert sock.recv(65536)
        daemon.send_signal()
        wait_for(lambda: daemon.events("draining"), "the drain to begin")
        for sock in socks[1:]:
            sock.sendall(post(BODY))
            assert close_answer(read_to_end(sock)) == 200
        daemon.send_signal()  # the second one ends the drain, and with it the idle connection
        assert read_to_end(socks[0]) == FAREWELL
        assert daemon.process.wait(HANG_GUARD) == 0
    assert daemon.events("the rest of the drain period is skipped")
    assert daemon.events("stopped")[0]["requests_cut_off"] == 0


def read_farewell(sock):
    got = b""
    while len(got) < len(FAREWELL):
        piece = sock.recv(len(FAREWELL) - len(got))
        assert piece, f"ended after {got!r}"
        got += piece
    assert got == FAREWELL


def answered(daemon):
    sock = daemon.connect()
    sock.sendall(post(BODY))
    assert sock.recv(65536).startswith(b"HTTP/1.1 200 ")
    return sock


def test_a_request_that_crosses_the_farewell_is_answered(start):
    """The client had written when it was asked to go: the interim response is followed by the answer."""
    daemon = start(PLAIN, "-workers=2")
    with contextlib.ExitStack() as stack:
        socks = [stack.enter_context(answered(daemon)) for _ in range(8)]
        daemon.send_signal()
        for sock in socks:
            read_farewell(sock)
        for sock in socks:
            sock.sendall(post(BODY))
        for sock in socks:
            assert close_answer(read_to_end(sock)) == 200
        assert daemon.process.wait(HANG_GUARD) == 0
    assert daemon.events("stopped")[0]["requests_cut_off"] == 0


def test_clients_that_go_are_not_waited_for(start):
    daemon = start("-idle-timeout=5m")
    socks = [answered(daemon) for _ in range(3)]
    daemon.send_signal()
    for sock in socks:
        read_farewell(sock)
        sock.close()
    assert daemon.process.wait(HANG_GUARD) == 0
    assert not daemon.events("connection trouble")


def test_a_new_connection_may_still_send_its_request(start):
    """It is not told to go before it had its time: a client need not repeat a first request."""
    daemon = start(PLAIN)
    with daemon.connect() as sock:
        daemon.send_signal()
        wait_for(lambda: not accepts(daemon.port), "the port to be closed")
        sock.sendall(post(BODY))
        assert close_answer(read_to_end(sock)) == 200
    assert daemon.process.wait(HANG_GUARD) == 0


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_second_signal_skips_the_rest(start, second):
    daemon = start(drain=LONG)
    daemon.send_signal()
    wait_for(lambda: daemon.events("draining"), "the drain to begin")
    daemon.send_signal(second)
    assert daemon.process.wait(HANG_GUARD) == 0


def test_first_interrupt_skips_the_drain(start):
    daemon = start(drain=LONG)
    daemon.send_signal(signal.SIGINT)
    assert daemon.process.wait(HANG_GUARD) == 0
    assert not daemon.events("draining")


def test_drain_ends_by_itself(start):
    daemon = start(drain="300ms")
    daemon.send_signal()
    assert daemon.process.wait(HANG_GUARD) == 0
    assert daemon.events("draining")[0]["millis"] == 300
    assert not daemon.events("the rest of the drain period is skipped")


def test_requests_in_flight_at_the_end_are_finished(draining):
    with draining.connect() as sock:
        sock.sendall(post(BODY)[:-10])
        wait_for(lambda: value(draining, "keyhook_requests_in_flight") == 1, "the request")
        draining.send_signal()
        wait_for(lambda: not accepts(draining.port), "the port to be closed")
        sock.sendall(post(BODY)[-10:])
        assert close_answer(read_to_end(sock)) == 200
    assert draining.process.wait(HANG_GUARD) == 0
    assert draining.events("stopped")[0]["requests_cut_off"] == 0


class Load(threading.Thread):
    """Requests one after the other on connections that end when the server says so."""

    def __init__(self, connect):
        super().__init__()
        self.connect = connect
        self.answers, self.failures = 0, []
        self.is_over = threading.Event()
        self.start()

    def run(self):
        sock = None
        while not self.is_over.is_set():
            try:
                sock = sock or self.connect()
                sock.sendall(post(BODY))
                if self.read(sock):
                    sock.close()
                    sock = None
                self.answers += 1
            except (OSError, AssertionError) as error:
                self.failures.append(error)
                sock = None
        if sock:
            sock.close()

    def read(self, sock):
        status, headers, _ = read_answer(sock)
        assert status == 200
        return headers.get("connection", "").lower() == "close"

    def end(self):
        self.is_over.set()
        self.join(HANG_GUARD)
        assert self.failures == []
        return self.answers


def test_nothing_fails_while_another_takes_over(start):
    """New connections go to the new process some time after the old one has begun to drain."""
    old, new = start(drain=LONG), start()
    current = [old]
    loads = [Load(lambda: current[0].connect()) for _ in range(4)]
    try:
        wait_for(lambda: all(load.answers > 20 for load in loads), "requests")
        old.send_signal()
        wait_for(lambda: old.events("draining"), "the drain to begin")
        before = [load.answers for load in loads]
        wait_for(lambda: all(load.answers > b + 20 for load, b in zip(loads, before)), "requests")
        current[0] = new
        before = [load.answers for load in loads]
        wait_for(lambda: all(load.answers > b + 5 for load, b in zip(loads, before)), "requests")
        old.send_signal()
        assert old.process.wait(HANG_GUARD) == 0
    finally:
        total = sum(load.end() for load in loads)
    assert total > 100


# --- the certificate


def replace(certificate, name, target, **options):
    """A new pair in place of the files of the old one."""
    for made, old in zip(certificate(name, **options), target):
        shutil.copyfile(made, f"{old}.new")
        os.replace(f"{old}.new", old)


def serial(daemon):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with daemon.connect(context=context) as sock:
        return sock.getpeercert(binary_form=True)


def test_certificate_is_read_again(start, certificate):
    pair = certificate()
    daemon = start(PLAIN, f"-tls-cert-file={pair[0]}", f"-tls-key-file={pair[1]}",
                   own_certificate=False, ca=pair[0])
    first = serial(daemon)
    expiry = value(daemon, "keyhook_certificate_expiry_timestamp_seconds")
    with daemon.connect() as old:
        replace(certificate, "second", pair, days=9)
        daemon.send_signal(signal.SIGHUP)
        wait_for(lambda: serial(daemon) != first, "the new certificate")
        assert daemon.mutate(review())["response"]["allowed"] is True
        old.sendall(post(BODY, "Connection: close"))
        assert split_answers(read_to_end(old))[0][0] == 200
    assert value(daemon, "keyhook_certificate_expiry_timestamp_seconds") > expiry + 86400
    assert value(daemon, "keyhook_certificate_renewals_total", result="ok") == 2


def test_bad_certificate_leaves_the_old_one(start, certificate):
    pair = certificate()
    daemon = start(PLAIN, f"-tls-cert-file={pair[0]}", f"-tls-key-file={pair[1]}",
                   own_certificate=False, ca=pair[0])
    first = serial(daemon)
    pathlib.Path(pair[1]).write_text("nonsense")
    daemon.send_signal(signal.SIGHUP)
    wait_for(lambda: daemon.events("the certificate was not replaced"), "the refusal")
    assert serial(daemon) == first
    assert value(daemon, "keyhook_certificate_renewals_total", result="failed") > 0
    replace(certificate, "second", pair)
    daemon.send_signal(signal.SIGHUP)
    wait_for(lambda: serial(daemon) != first, "the new certificate")


def test_hangup_with_an_own_certificate(start):
    daemon = start()
    daemon.send_signal(signal.SIGHUP)
    wait_for(lambda: [e for e in daemon.log_lines() if "nothing to read" in e["@message"]], "a line")
    assert daemon.is_alive()


def test_hangups_under_load(start, certificate):
    pair = certificate()
    daemon = start(PLAIN, f"-tls-cert-file={pair[0]}", f"-tls-key-file={pair[1]}",
                   own_certificate=False, ca=pair[0])
    context = daemon.tls_context()

    def connect():
        return daemon.connect(context=context)

    loads = [Load(connect) for _ in range(2)]
    try:
        for i in range(100):
            daemon.send_signal(signal.SIGHUP)
            connect().close()
            wait_for(lambda n=i: value(daemon, "keyhook_certificate_renewals_total", result="ok") > n + 1,
                     "the certificate to be read")
    finally:
        for load in loads:
            load.end()
