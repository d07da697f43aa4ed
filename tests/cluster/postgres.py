"""A real PostgreSQL with a data directory of its own, run by an account without rights."""

import os
import pathlib
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile

from process import clean_environment, Process
from secret_search import remember

HOST = "10.66.0.1"
PORT = 5432
ACCOUNT = "postgres"  # made by Debian's package; initdb and postgres refuse root
ADMINISTRATOR = "testadmin"
INSTALLED = pathlib.Path("/usr/lib/postgresql")


def programs():
    """Debian has a directory for each major version: the newest."""
    found = sorted(INSTALLED.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    assert found, f"no PostgreSQL below {INSTALLED}: apt-get install postgresql"
    return found[-1].parent


def as_account(*command):
    return ["setpriv", f"--reuid={ACCOUNT}", f"--regid={ACCOUNT}", "--clear-groups", *map(str, command)]


class Postgres:
    """Reached at HOST by everybody who has a password. Its data lies outside pytest's directories, which are closed to
    other accounts, and is removed by stop()."""

    def __init__(self, directory, network="10.66.0.0/24"):
        self.bin, self.network = programs(), network
        self.data = pathlib.Path(tempfile.mkdtemp(prefix="keyhook-postgres-"))
        self.password = remember("PostgreSQL's administrator's password", secrets.token_hex(16))
        self.process = Process("postgres", directory, as_account(
            self.bin / "postgres", "-D", self.data / "data", "-c", f"port={PORT}",
            "-c", f"listen_addresses={HOST}", "-c", f"unix_socket_directories={self.data}", "-c", "fsync=off",
            "-c", "log_statement=all"), env=clean_environment(), cwd="/")

    def start(self):
        if not (self.data / "data").exists():
            self.make_cluster()
        self.process.start()
        self.process.wait_until(self.is_up, "PostgreSQL")
        return self

    def make_cluster(self):
        account = pwd.getpwnam(ACCOUNT)
        os.chown(self.data, account.pw_uid, account.pw_gid)
        password = self.data / "password"
        password.touch(0o600)
        password.write_text(self.password, encoding="ascii")
        os.chown(password, account.pw_uid, account.pw_gid)
        subprocess.run(as_account(self.bin / "initdb", "-D", self.data / "data", "-U", ADMINISTRATOR,
                                  "-A", "scram-sha-256", f"--pwfile={password}", "-N", "--locale=C.UTF-8"),
                       check=True, capture_output=True, timeout=120, cwd="/")
        password.unlink()
        with open(self.data / "data/pg_hba.conf", "a", encoding="ascii") as rules:
            rules.write(f"host all all {self.network} scram-sha-256\n")

    def is_up(self):
        return subprocess.run([self.bin / "pg_isready", "-q", "-h", HOST, "-p", str(PORT)], check=False,
                              timeout=30).returncode == 0

    def run(self, statement, user=ADMINISTRATOR, password=None, database="postgres"):
        """psql's result for a statement or, with several, for all; its text is what came out."""
        return subprocess.run(
            [self.bin / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", HOST, "-p", str(PORT),
             "-U", user, "-d", database, "-f", "-"], input=statement, env=clean_environment(
                 PGPASSWORD=password or self.password, PGCONNECT_TIMEOUT=30),
            capture_output=True, text=True, timeout=120, check=False)

    def need(self, statement, **who):
        done = self.run(statement, **who)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def can_login(self, user, password, database="postgres"):
        """False when the server says no; anything else that goes wrong fails the test."""
        done = self.run("SELECT current_user", user=user, password=password, database=database)
        if done.returncode == 0:
            assert done.stdout.strip() == user
            return True
        assert "password authentication failed" in done.stderr or "does not exist" in done.stderr, done.stderr
        return False

    def has_role(self, user):
        return self.need(f"SELECT count(*) FROM pg_roles WHERE rolname = '{user}'") == "1"

    def stop(self):
        self.process.stop(signal.SIGINT)
        shutil.rmtree(self.data, ignore_errors=True)
