"""Load and judgement: pods created at a steady rate, and fresh TLS connections that are verified."""

import collections
import http.client
import itertools
import socket
import ssl
import threading
import time

from injected import is_injected
from keyhook import PORT
from process import wait_for

PROBE_TIMEOUT = 5  # seconds
IDLE_SHARE = 0.05  # of the prober's turns: this many may pass without a probe,
IDLE_FREE = 3  # and these few, however short the test is


class Steady:
    """Calls turn() at a rate, from several threads, until it is stopped; a late turn is made up for."""

    def __init__(self, rate, threads):
        self.interval, self.begin = 1 / rate, time.monotonic()
        self.numbers, self.lock = itertools.count(), threading.Lock()
        self.done, self.failures, self.stopping = 0, [], threading.Event()
        self.in_a_row = 0  # turns without a failure, the last ones
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(threads)]
        for thread in self.threads:
            thread.start()

    def run(self):
        while not self.stopping.is_set():
            with self.lock:
                due = self.begin + next(self.numbers) * self.interval
            if self.stopping.wait(max(0.0, due - time.monotonic())):
                return
            began = time.time()
            failure = self.turn()
            with self.lock:
                self.done += 1
                self.in_a_row = 0 if failure else self.in_a_row + 1
                if failure:
                    self.failures.append((began, failure))

    def turn(self):
        raise NotImplementedError

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join()
        return self

    def told(self):
        shown = "\n".join(f"{time.strftime('%H:%M:%S', time.gmtime(t))}.{int(t * 1000) % 1000:03} {why}"
                          for t, why in self.failures[:20])
        return f"{len(self.failures)} of {self.done} failed\n{shown}"


class Load(Steady):
    """Dry-run creates of pods that ask for an agent; one that comes back without it failed, too."""

    def __init__(self, installation, rate=20, threads=8):
        self.installation = installation
        super().__init__(rate, threads)

    def turn(self):
        try:
            answer = self.installation.create_pod()
        except (OSError, http.client.HTTPException) as error:
            return f"API server: {error!r}"
        if is_injected(answer):
            return None
        return f"{answer.status} {answer.text()[:400]}" if answer.status != 201 else "not injected"


class Prober(Steady):
    """
    Fresh connections to the endpoints in turn, each verified against the caBundle of that moment.  A turn
    in which nothing was probed is done, and counted apart.
    """

    def __init__(self, installation, endpoints, rate=10):
        self.installation, self.endpoints = installation, endpoints
        self.counts, self.serials = {}, {}  # by address: handshakes that were made, serials that were seen
        self.idle = collections.Counter()  # turns without a probe, by their reason
        super().__init__(rate, 1)

    def turn(self):
        ready = list(self.endpoints.ready)
        if not ready:
            return self.pass_by("nobody ready")
        address = ready[self.done % len(ready)]
        try:
            bundle = self.installation.bundle()[0]
        except (OSError, AssertionError, http.client.HTTPException):
            return self.pass_by("no caBundle")  # the API server's failures are the load's business
        try:
            certificate = handshake(address, self.installation.host, bundle)
        except (OSError, ValueError) as error:
            if address not in self.endpoints.ready:
                return self.pass_by("it left")
            return f"{address}: {error!r}; bundle of {bundle.count('BEGIN CERT')}"
        finally:
            self.counts[address] = self.counts.get(address, 0) + 1
        self.serials.setdefault(address, set()).add(certificate["serialNumber"])
        return None

    def pass_by(self, reason):
        self.idle[reason] += 1


def handshake(address, name, bundle):
    """What the server shows, verified as the API server does it: any certificate of the bundle is an anchor."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=bundle)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    with socket.create_connection((address, PORT), timeout=PROBE_TIMEOUT) as plain:
        with context.wrap_socket(plain, server_hostname=name) as sock:
            return sock.getpeercert()


class Pressure:
    """Load and prober together, and what both have to show in the end."""

    def __init__(self, installation, endpoints, rate=20):
        self.endpoints = endpoints
        self.load, self.prober = Load(installation, rate), Prober(installation, endpoints)
        self.begin = {r.address: r.metric("keyhook_tls_handshakes_total") for r in endpoints.replicas}
        self.wait_renewed({})  # the first certificate of each was seen

    def stop(self):
        self.load.stop()
        self.prober.stop()

    def handshakes(self):
        """Those of the API server: all that the replicas count, less the prober's."""
        total = sum(r.metric("keyhook_tls_handshakes_total") - self.begin.get(r.address, 0)
                    for r in self.endpoints.replicas)
        return total - sum(self.prober.counts.values())

    def serials(self):
        return {address: set(serials) for address, serials in self.prober.serials.items()}

    def wait_renewed(self, since=None):
        """Until each endpoint shows a certificate that it had not shown when `since` was noted, or now."""
        since = self.serials() if since is None else since
        wait_for(lambda: all(self.serials().get(a, set()) > since.get(a, set()) for a in self.endpoints.ready),
                 "another certificate of each replica", poll=0.2)

    def renewals(self):
        """Certificates that were seen after the first of each replica."""
        return sum(len(serials) - 1 for serials in self.prober.serials.values())

    def assert_clean(self, idle_share=IDLE_SHARE):
        """No failure, and no more than a share of the turns without a probe."""
        assert not self.load.failures, f"pods: {self.load.told()}"
        assert not self.prober.failures, f"probes: {self.prober.told()}"
        idle = sum(self.prober.idle.values())
        assert idle <= IDLE_FREE + idle_share * self.prober.done, f"no probe: {self.told()}"

    def told(self):
        return (f"{self.load.done} pods, {len(self.load.failures)} failed; {self.prober.done} turns of the"
                f" prober, {len(self.prober.failures)} failed, {sum(self.prober.idle.values())} without a probe")
