"""What rigs and benches of the server share: processes on free ports, their CPU time and memory."""

import atexit
import functools
import http.client
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time

HANG_GUARD = 60  # seconds; only ends what hangs
ROOT = pathlib.Path(__file__).resolve().parents[2]
VAULT = "https://vault.example:8200"
BODIES = ("3k", "10k", "60k", "1m")


def end(number, _frame):
    """Told to end: the servers that were started end too, as on any way out."""
    sys.exit(128 + number)


signal.signal(signal.SIGTERM, end)


def keyhook():
    program = os.environ.get("KEYHOOK", ROOT / "build" / "release" / "keyhook")
    path = pathlib.Path(program).resolve()
    if not path.exists():
        sys.exit(f"{path} is missing: make")
    return str(path)


def body_path(name):
    return ROOT / "tests" / "bench" / "inputs" / f"review-{name}.json"


def body(name):
    return body_path(name).read_bytes()


@functools.cache
def known_options():
    """Names of the options of `serve` that this build has."""
    text = subprocess.run([keyhook(), "help", "serve"], capture_output=True, text=True, check=False,
                          timeout=HANG_GUARD, stdin=subprocess.DEVNULL)
    return set(re.findall(r"^ *-([a-z][a-z-]*)", text.stdout + text.stderr, re.MULTILINE))


def options(**wanted):
    """Arguments for the options that this build knows, underscores for dashes."""
    names = {name: name.replace("_", "-") for name in wanted}
    return [f"-{names[n]}={value}" for n, value in wanted.items() if names[n] in known_options()]


def clean_environment(extra=None):
    """The caller's environment without anything that configures Keyhook."""
    ours = ("AGENT_INJECT_", "KEYHOOK_", "TLS_", "NAMESPACE", "POD_NAME")
    env = {k: v for k, v in os.environ.items() if not k.startswith(ours) and k != "KEYHOOK"}
    return env | {"AGENT_INJECT_VAULT_ADDR": VAULT} | (extra or {})


class Process:
    """A server that tells its port on its log, to a file that may be truncated at any time."""

    def __init__(self, command, log, cpu=None, env=None):
        self.log_path = pathlib.Path(log)
        pin = [] if cpu is None else ["taskset", "-c", str(cpu)]
        with open(self.log_path, "ab") as out:
            out.truncate(0)
            self.child = subprocess.Popen([*pin, *command], stdin=subprocess.DEVNULL, stdout=out,
                                          stderr=out, env=clean_environment(env))
        self.pid = self.child.pid
        self.port = None
        atexit.register(self.stop)  # whatever way out is taken

    def log_text(self):
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def wait_for_log(self, pattern):
        end = time.monotonic() + HANG_GUARD
        while not (found := re.search(pattern, self.log_text())):
            if self.child.poll() is not None or time.monotonic() > end:
                sys.exit(f"{self.child.args} did not start:\n{self.log_text()}")
            time.sleep(0.005)
        return found

    def wait_ready(self):
        self.port = int(self.wait_for_log(r"(?:^|[ :])port=(\d+)")[1])
        return self

    def forget_log(self):
        os.truncate(self.log_path, 0)

    def signal(self, number=signal.SIGTERM):
        if self.child.poll() is None:
            self.child.send_signal(number)

    def stop(self):
        """Ends it at once; SIGINT skips a drain period."""
        self.signal(signal.SIGINT)
        try:
            return self.child.wait(HANG_GUARD)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
            return None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    # --- what the kernel knows

    def cpu_ns(self):
        """CPU time of all threads; utime and stime only count ticks."""
        tasks = f"/proc/{self.pid}/task"
        return sum(
            int(pathlib.Path(f"{tasks}/{t}/schedstat").read_text(encoding="ascii").split()[0])
            for t in os.listdir(tasks)
        )

    def user_share(self):
        """(user ticks, system ticks)"""
        text = pathlib.Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii")
        fields = text.rsplit(")", 1)[1].split()
        return int(fields[11]), int(fields[12])

    def memory(self):
        """{"anon": ..., "rss": ..., "peak": ...} in KB"""
        text = pathlib.Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        names = {"anon": "RssAnon", "rss": "VmRSS", "peak": "VmHWM"}
        return {k: int(re.search(rf"^{n}:\s+(\d+)", text, re.MULTILINE)[1]) for k, n in names.items()}

    def open_files(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))


def start_keyhook(log, *args, cpu=None, env=None):
    command = [keyhook(), "serve", "-listen=127.0.0.1:0", *args]
    return Process(command, log, cpu=cpu, env=env).wait_ready()


def plain_port(process):
    """The port without TLS, of a process that was started with -plain-listen."""
    return int(process.wait_for_log(r"without TLS[^\n]*\bport=(\d+)")[1])


def free_port():
    """One that was free a moment ago: only for a process that cannot tell its own."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return sock.getsockname()[1]


def start_quiet_keyhook(log, *args, cpu=None):
    """Without log lines below warnings, so without the one that tells the port."""
    port = free_port()
    command = [keyhook(), "serve", f"-listen=127.0.0.1:{port}", "-log-level=warn", *args]
    process = Process(command, log, cpu=cpu)
    end = time.monotonic() + HANG_GUARD
    while True:
        try:
            connect(port).close()
            break
        except OSError:
            if process.child.poll() is not None or time.monotonic() > end:
                sys.exit(f"{command} did not start:\n{process.log_text()}")
            time.sleep(0.01)
    process.port = port
    return process


# --- a simple client


@functools.cache
def any_certificate():
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def connect(port, source=None, timeout=HANG_GUARD):
    """A TLS connection; source is the address to come from."""
    plain = socket.create_connection(("127.0.0.1", port), timeout=timeout,
                                     source_address=(source, 0) if source else None)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        return any_certificate().wrap_socket(plain)
    except BaseException:
        plain.close()
        raise


def request_bytes(data, path="/mutate?timeout=10s"):
    head = (f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(data)}\r\n\r\n")
    return head.encode() + data


def exchange(sock, request):
    """(status, body) of one request on an open connection."""
    sock.sendall(request)
    answer = http.client.HTTPResponse(sock)
    answer.begin()
    return answer.status, answer.read()


def ask(port, data, path="/mutate?timeout=10s"):
    with connect(port) as sock:
        return exchange(sock, request_bytes(data, path))


# --- programs in Go: its net/http is the client that counts


@functools.cache
def go_program(name):
    """Builds tests/rigs/<name>.go from the standard library alone."""
    out = ROOT / "build" / "rigs" / name
    go = shutil.which("go") or "/usr/local/go/bin/go"
    if not os.access(go, os.X_OK):
        sys.exit("go is missing: the rigs' client is Go's net/http, as the API server's is; install"
                 " Go 1.19 or later (Debian: golang-go)")
    out.parent.mkdir(parents=True, exist_ok=True)
    env = dict(os.environ, GO111MODULE="off", GOFLAGS="", GOTOOLCHAIN="local", GOPROXY="off")
    if "HOME" not in env:
        env.setdefault("GOCACHE", str(out.parent / "go-cache"))
    done = subprocess.run([go, "build", "-o", str(out), str(ROOT / "tests" / "rigs" / f"{name}.go")],
                          env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{name}.go: {done.stderr}")
    return str(out)


class Helper:
    """A program that is told by its input, ends with it, and answers by lines."""

    def __init__(self, *command):
        self.child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.lines = []
        self.news = threading.Condition()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.child.stdout:
            with self.news:
                self.lines.append(line.rstrip("\n"))
                self.news.notify_all()

    def tell(self, line):
        self.child.stdin.write(line + "\n")
        self.child.stdin.flush()

    def find(self, pattern, begin=0, timeout=HANG_GUARD):
        """The match of the first line from index begin on, or None when none comes in time."""
        end = time.monotonic() + timeout
        with self.news:
            while True:
                for line in self.lines[begin:]:
                    if found := re.search(pattern, line):
                        return found
                left = end - time.monotonic()
                if left <= 0 or (self.child.poll() is not None and not self.reader.is_alive()):
                    return None
                self.news.wait(min(left, 0.5))

    def wait_for(self, pattern, begin=0):
        found = self.find(pattern, begin)
        if not found:
            sys.exit(f"{self.child.args[0]}: waited in vain for {pattern!r}: {self.lines[-5:]}")
        return found

    def mark(self):
        """For a client: what happened since the last mark."""
        begin = len(self.lines)
        self.tell("mark")
        return json.loads(self.wait_for(r"^\{.*\}$", begin)[0])

    def finish(self):
        """Ends its input; its last line."""
        self.child.stdin.close()
        try:
            self.child.wait(HANG_GUARD)
        except subprocess.TimeoutExpired:
            self.child.kill()
        self.reader.join()
        return self.lines[-1] if self.lines else ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.child.poll() is None:
            self.child.kill()
        self.child.wait()


def raise_open_files(needed):
    """The limit of this process and of those that it starts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < needed:
        sys.exit(f"{needed} open files are needed, the hard limit is {hard}: ulimit -Hn")
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


class Verdicts:
    """What a rig found, counted as the test runner counts."""

    def __init__(self):
        self.failed = self.passed = 0

    def check(self, what, is_right):
        print(f"{'ok    ' if is_right else 'FAILED'}  {what}", flush=True)
        self.passed += bool(is_right)
        self.failed += not is_right

    def close(self):
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        return 1 if self.failed or not self.passed else 0
