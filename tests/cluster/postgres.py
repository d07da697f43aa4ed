"""A real PostgreSQL with a data directory of its own, run by an account without rights.

  postgres.py DIRECTORY ADDRESS NAME    makes the data directory when it is not there, and becomes the server

For `control.py CLUSTER start postgres`. Everybody who has a password reaches it at ADDRESS, with TLS alone: the
certificate is for ADDRESS and NAME, its authority's is DIRECTORY/tls/ca.crt. The account has to reach DIRECTORY, so none
above it may be closed to others.
"""

import os
import pathlib
import pwd
import secrets
import subprocess
import sys

from authority import Authority
from process import clean_environment
from secret_search import remember

PORT = 5432
ACCOUNT = "postgres"  # made by Debian's package; initdb and postgres refuse root
ADMINISTRATOR = "testadmin"
NETWORK = "10.66.0.0/24"
INSTALLED = pathlib.Path("/usr/lib/postgresql")
STATEMENTS = "statements"  # what it was asked, and all that it says: in DIRECTORY, for its owner alone
TIMEOUT = 120  # seconds: a hang guard


def program(name):
    """Debian has a directory for each major version: from the newest."""
    found = sorted(INSTALLED.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    assert found, f"no {name} below {INSTALLED}: apt-get install postgresql"
    return str(found[-1])


def become_account():
    """For good: this process is nobody else any more."""
    account = pwd.getpwnam(ACCOUNT)
    os.setgroups([])
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)


def make_cluster(directory, address, name):
    """The administrator's password stays in a file beside the data, for those who may read it."""
    account = pwd.getpwnam(ACCOUNT)
    directory.mkdir()
    password = directory / "password"
    password.touch(0o600)
    password.write_text(secrets.token_hex(16), encoding="ascii")
    certificate = Authority(directory / "tls", "authority of PostgreSQL").issue("server", [name], [address])
    for path in (directory, password, *certificate):
        os.chown(path, account.pw_uid, account.pw_gid)
    subprocess.run([program("initdb"), "-D", directory / "data", "-U", ADMINISTRATOR, "-A", "scram-sha-256",
                    f"--pwfile={password}", "-N", "--locale=C.UTF-8"],
                   check=True, timeout=TIMEOUT, cwd=directory, preexec_fn=become_account)
    with open(directory / "data/pg_hba.conf", "a", encoding="ascii") as rules:
        rules.write(f"hostssl all all {NETWORK} scram-sha-256\n")


def serve(directory, address, name):
    if not directory.exists():
        make_cluster(directory, address, name)
    # What a killed one left behind; the number in it may be somebody else's by now.
    (directory / "data/postmaster.pid").unlink(missing_ok=True)
    become_account()
    os.chdir(directory)
    # Statements hold passwords: they are kept, as a test looks at them, but not where logs are collected.
    settings = {"port": PORT, "listen_addresses": address, "unix_socket_directories": directory, "fsync": "off",
                "ssl": "on", "ssl_cert_file": directory / "tls/server.crt", "ssl_key_file": directory / "tls/server.key",
                "log_statement": "all", "logging_collector": "on", "log_directory": directory,
                "log_filename": STATEMENTS, "log_rotation_age": 0, "log_rotation_size": 0}
    os.execv(program("postgres"), ["postgres", "-D", str(directory / "data"),
                                   *(word for name, value in settings.items() for word in ("-c", f"{name}={value}"))])


class Postgres:
    """What is asked of a server that runs."""

    def __init__(self, directory, address):
        self.address = address
        self.password = remember("the password of PostgreSQL's administrator",
                                 (pathlib.Path(directory) / "password").read_text(encoding="ascii"))

    def run(self, statements, user=ADMINISTRATOR, password=None, database="postgres"):
        """psql's status and texts."""
        return subprocess.run(
            [program("psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", self.address, "-p", str(PORT),
             "-U", user, "-d", database, "-f", "-"], input=statements,
            env=clean_environment(PGPASSWORD=password or self.password, PGCONNECT_TIMEOUT=30),
            capture_output=True, text=True, timeout=TIMEOUT, check=False)

    def need(self, statements, **who):
        done = self.run(statements, **who)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def can_login(self, user, password, database="postgres"):
        """False when the server refuses the pair; anything else that goes wrong fails the test."""
        done = self.run("SELECT current_user", user=user, password=password, database=database)
        if done.returncode == 0:
            assert done.stdout.strip() == user
            return True
        assert "password authentication failed" in done.stderr, done.stderr
        return False

    def has_role(self, user):
        return self.need(f"SELECT count(*) FROM pg_roles WHERE rolname = '{user}'") == "1"


if __name__ == "__main__":
    serve(pathlib.Path(sys.argv[1]), *sys.argv[2:])
