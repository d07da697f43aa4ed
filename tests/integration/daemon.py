"""Starting, asking and stopping the daemon.  Hang guards are generous: they only end what hangs."""

import contextlib
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import time

HANG_GUARD = 60
ROOT = pathlib.Path(__file__).resolve().parents[2]
VAULT = "https://vault.example:8200"


def keyhook():
    return str(pathlib.Path(os.environ.get("KEYHOOK", ROOT / "build" / "keyhook")).resolve())


def wait_for(condition, what, guard=HANG_GUARD):
    end = time.monotonic() + guard
    while not (result := condition()):
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.01)
    return result


def clean_environment(extra=None):
    """The caller's environment without anything that configures Keyhook."""
    aliases = ("TLS_", "NAMESPACE", "POD_NAME")
    ours = ("AGENT_INJECT_", "KEYHOOK_") + aliases
    env = {k: v for k, v in os.environ.items() if not k.startswith(ours) and k != "KEYHOOK"}
    env.update(AGENT_INJECT_VAULT_ADDR=VAULT, AGENT_INJECT_LOG_FORMAT="json")
    env.update(extra or {})
    return {k: v for k, v in env.items() if v is not None}


def run_keyhook(*args, env=None):
    """Runs to the end, for commands that are expected to stop by themselves."""
    return subprocess.run([keyhook(), *args], env=clean_environment(env), capture_output=True,
                          stdin=subprocess.DEVNULL, timeout=HANG_GUARD, text=True, check=False)


class Daemon:
    def __init__(self, directory, args=(), env=None, own_certificate=True, ca=None,
                 listen="127.0.0.1:0", drain="0s",
                 preexec=None):
        self.log_file = directory / "log"
        self.ca = str(ca or directory / "own.pem")
        command = [keyhook(), "serve", f"-listen={listen}", f"-drain-period={drain}", *args]
        if own_certificate:
            command.append(f"-tls-self-signed-out={self.ca}")
        with open(self.log_file, "wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL, env=clean_environment(env),
                                            preexec_fn=preexec)
        self.port = self.plain_port = None
        self.has_plain_port = any(re.match("--?plain-listen", one) for one in args)

    def wait_ready(self):
        def line(words):
            assert self.process.poll() is None, f"ended at start: {self.log_text()}"
            return re.search(words + r'\W.*\bport\W+(\d+)', self.log_text())

        self.port = int(wait_for(lambda: line("listening"), "the daemon to listen")[1])
        if self.has_plain_port:
            self.plain_port = int(wait_for(lambda: line("listening without TLS"), "the other port")[1])
        return self

    # --- log

    def log_text(self):
        return self.log_file.read_text(encoding="utf-8")

    def log_lines(self):
        lines = self.log_text().split("\n")
        return [json.loads(line) for line in lines[:-1]]

    def events(self, message):
        return [line for line in self.log_lines() if line["@message"] == message]

    # --- life

    @property
    def status(self):
        return self.process.returncode

    def send_signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(HANG_GUARD)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    # --- requests

    def tls_context(self):
        return ssl.create_default_context(cafile=self.ca)

    def connect(self, host="127.0.0.1", context=None, name="localhost"):
        plain = socket.create_connection((host, self.port), timeout=HANG_GUARD)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            return (context or self.tls_context()).wrap_socket(plain, server_hostname=name)
        except BaseException:
            plain.close()
            raise

    def client(self):
        return http.client.HTTPSConnection("localhost", self.port, timeout=HANG_GUARD,
                                           context=self.tls_context())

    def request(self, method, path, body=None, headers=None):
        """(status, headers, body) of one request on a connection of its own."""
        client = self.client()
        try:
            client.request(method, path, body=body, headers=headers or {})
            answer = client.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            client.close()

    def mutate(self, review, path="/mutate"):
        status, headers, body = self.request("POST", path, json.dumps(review),
                                             {"Content-Type": "application/json"})
        assert status == 200, body
        assert headers["Content-Type"] == "application/json"
        return json.loads(body)

    def raw(self, *parts):
        """Sends the bytes as they are; everything that comes back until the other side closes."""
        with self.connect() as sock:
            for part in parts:
                sock.sendall(part)
            return read_to_end(sock)

    def is_alive(self):
        return self.request("GET", "/health/ready")[0] == 204


def read_to_end(sock, may_be_cut=True):
    """What comes until the other side closes; a connection that is torn down is an error unless it may be cut."""
    got = b""
    with contextlib.suppress(*((ssl.SSLEOFError, ConnectionResetError) if may_be_cut else ())):
        while piece := sock.recv(65536):
            got += piece
    return got


def read_answer(sock):
    """(status, headers, body) of one answer with Content-Length, on a connection that stays open."""
    got = b""
    while b"\r\n\r\n" not in got:
        piece = sock.recv(65536)
        assert piece, "the connection ended before the answer"
        got += piece
    head, _, rest = got.partition(b"\r\n\r\n")
    length = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    assert length, f"no length: {head!r}"
    missing = int(length[0].split(b":")[1]) - len(rest)
    while missing > 0:
        piece = sock.recv(65536)
        assert piece, "the connection ended inside the answer"
        got += piece
        missing -= len(piece)
    return split_answers(got)[0]


def split_answers(stream):
    """[(status, headers, body)] of a stream of whole answers with Content-Length or no body."""
    answers = []
    while stream:
        head, end, stream = stream.partition(b"\r\n\r\n")
        assert end, f"half an answer: {head!r}"
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", "0"))
        assert len(stream) >= length, f"half a body: {head!r} {stream!r}"
        answers.append((int(first.split(" ")[1]), headers, stream[:length]))
        stream = stream[length:]
    return answers


def accepts(port):
    """Whether somebody listens there."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
        return True
    except OSError:
        return False


# --- reviews and certificates


def review(uid="7b6c2f1e-5d0a-4d8b-9a51-0d6a5be0c0de", annotations=None, name="ledger-5f6d-x1",
           namespace="apps", **request):
    """A pod that asks for the agent."""
    token = {"name": "kube-api-access", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "annotations": {
                "vault.hashicorp.com/agent-inject": "true",
                "vault.hashicorp.com/role": "ledger",
                "vault.hashicorp.com/agent-inject-secret-db": "kv/data/db",
                **(annotations or {}),
            },
        },
        "spec": {
            "serviceAccountName": "ledger",
            "containers": [{"name": "app", "image": "app:1", "volumeMounts": [token]}],
            "volumes": [{"name": "kube-api-access", "emptyDir": {}}],
        },
    }
    if name.endswith("-"):
        pod["metadata"]["generateName"] = name
    else:
        pod["metadata"]["name"] = name
    return {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": uid,
            "kind": {"group": "", "version": "v1", "kind": "Pod"},
            "resource": {"group": "", "version": "v1", "resource": "pods"},
            "namespace": namespace,
            "operation": "CREATE",
            "object": pod,
            "oldObject": None,
            **({} if name.endswith("-") else {"name": name}),
            **request,
        },
    }


def post(body, *headers, path="/mutate", version="HTTP/1.1", method="POST", length=True):
    """A request's bytes; headers are whole lines without their end."""
    lines = [f"{method} {path} {version}", "Host: localhost", "Content-Type: application/json"]
    if length:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, *headers, "", ""]).encode("latin-1") + body


def make_certificate(directory, kind="ecdsa", days=2, start=None, end=None, names=("localhost",)):
    """A self-signed server certificate and its key, made by certtool."""
    key, cert, template = (directory / n for n in ("tls.key", "tls.crt", "template"))
    lines = ["cn = test", "tls_www_server", "signing_key", "encryption_key"]
    lines += [f"dns_name = {n}" for n in names]
    if start and end:
        lines += [f'activation_date = "{start}"', f'expiration_date = "{end}"']
    else:
        lines.append(f"expiration_days = {days}")
    template.write_text("\n".join(lines) + "\n")
    shape = ["--curve=secp256r1"] if kind == "ecdsa" else ["--bits=2048"]
    for command in (["--generate-privkey", f"--key-type={kind}", *shape, f"--outfile={key}"],
                    ["--generate-self-signed", f"--load-privkey={key}",
                     f"--template={template}", f"--outfile={cert}"]):
        subprocess.run(["certtool", *command], check=True, capture_output=True, timeout=HANG_GUARD)
    return str(cert), str(key)
