"""A plain TCP relay between a replica and the API server, that can cut and hold what goes through it."""

import contextlib
import select
import socket
import threading


class Relay:
    """Listens at `address` and leads to `target`; both are (host, port)."""

    def __init__(self, address, target):
        self.address, self.target = address, target
        self.pairs, self.lock = set(), threading.Lock()
        self.flows = threading.Event()  # cleared: nothing moves, and nobody is told
        self.flows.set()
        self.listener = socket.create_server(address)
        self.accepted = 0
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                near = self.listener.accept()[0]
                self.accepted += 1
                threading.Thread(target=self.relay, args=(near,), daemon=True).start()

    def relay(self, near):
        with near, contextlib.suppress(OSError), socket.create_connection(self.target) as far:
            pair = (near, far)
            with self.lock:
                self.pairs.add(pair)
            try:
                self.copy(near, far)
            finally:
                with self.lock:
                    self.pairs.discard(pair)

    def copy(self, near, far):
        while True:
            for side in select.select([near, far], [], [])[0]:
                data = side.recv(65536)
                if not data:
                    return
                self.flows.wait()
                (far if side is near else near).sendall(data)

    def cut(self):
        """Ends every connection that goes through now."""
        with self.lock:
            for pair in self.pairs:
                for sock in pair:
                    with contextlib.suppress(OSError):
                        sock.shutdown(socket.SHUT_RDWR)

    def hold(self):
        self.flows.clear()

    def release(self):
        self.flows.set()

    def stop(self):
        self.release()
        self.listener.shutdown(socket.SHUT_RDWR)  # or accept() would hold the address
        self.listener.close()
        self.cut()
