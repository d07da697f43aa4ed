"""Certificates without Vault: files that are replaced, the process's own memory, and what it shows."""

import os
import pathlib
import re
import time

from certificates import parsed, ready, served
from daemon import keyhook, wait_for
from fakes.authority import Authority
from scrape import value

NAMES = ["localhost", "127.0.0.1"]
NOBODY = 65534


class Mount:
    """A mounted Secret: tls.crt and tls.key behind a symbolic link that is swapped in one step."""

    def __init__(self, directory):
        self.directory = directory
        self.count = 0
        directory.mkdir()
        for name in ("tls.crt", "tls.key"):
            (directory / name).symlink_to(pathlib.Path("..data") / name)

    def put(self, cert, key):
        self.count += 1
        data = self.directory / f"..version-{self.count}"
        data.mkdir()
        (data / "tls.crt").write_bytes(pathlib.Path(cert).read_bytes())
        (data / "tls.key").write_bytes(pathlib.Path(key).read_bytes())
        fresh = self.directory / "..data_tmp"
        fresh.symlink_to(data.name)
        os.rename(fresh, self.directory / "..data")

    @property
    def args(self):
        return (f"-tls-cert-file={self.directory}/tls.crt", f"-tls-key-file={self.directory}/tls.key")


def test_files_are_read_again_without_a_signal(start, tmp_path):
    ca = Authority()
    made = [ca.server_files(tmp_path / "made", names=NAMES, not_before=time.time() - 3600) for _ in range(3)]
    mount = Mount(tmp_path / "mount")
    mount.put(*made[0])
    daemon = start("-plain-listen=127.0.0.1:0", *mount.args, own_certificate=False,
                   ca=ca.write(tmp_path / "ca.pem"))
    serials = [served(daemon)]
    for pair in made[1:]:
        mount.put(*pair)
        wait_for(lambda: served(daemon) not in serials, "the next certificate")
        serials.append(served(daemon))
    assert value(daemon, "keyhook_certificate_renewals_total", result="ok") == 3
    assert value(daemon, "keyhook_certificate_renewals_total", result="failed") == 0


def doubts(daemon):
    return [line["note"] for line in daemon.events("the certificate is doubtful")]


def test_files_without_a_host_that_is_asked_for(start, tmp_path):
    """A warning at the start and each time that they are read; by a URL they may be asked for otherwise."""
    ca = Authority()
    one, whole = (ca.server_files(tmp_path / "made", names=names, not_before=time.time() - 3600)
                  for names in (NAMES, [*NAMES, "keyhook.vault.svc"]))
    mount = Mount(tmp_path / "mount")
    mount.put(*one)
    daemon = start("-plain-listen=127.0.0.1:0", "-tls-auto-hosts=localhost,keyhook.vault.svc", *mount.args,
                   own_certificate=False, ca=ca.write(tmp_path / "ca.pem"))
    assert len(doubts(daemon)) == 1 and "'keyhook.vault.svc'" in doubts(daemon)[0] and "x509" in doubts(daemon)[0]
    assert ready(daemon)[0] == 204 and not daemon.events("setting")
    for count, pair in enumerate((one, whole, one), 2):
        mount.put(*pair)
        wait_for(lambda c=count: value(daemon, "keyhook_certificate_renewals_total", result="ok") == c, "the reading")
    assert len(doubts(daemon)) == 3


def test_files_that_do_not_fit_are_not_used(start, tmp_path):
    ca = Authority()
    first, other = (ca.server_files(tmp_path / "made", names=NAMES, not_before=time.time() - 3600)
                    for _ in range(2))
    mount = Mount(tmp_path / "mount")
    mount.put(*first)
    daemon = start("-plain-listen=127.0.0.1:0", *mount.args, own_certificate=False,
                   ca=ca.write(tmp_path / "ca.pem"))
    before = served(daemon)
    mount.put(other[0], first[1])
    wait_for(lambda: daemon.events("the certificate was not replaced"), "the refusal")
    assert served(daemon) == before and ready(daemon)[0] == 204
    mount.put(*other)
    wait_for(lambda: served(daemon) != before, "the next certificate")


def test_a_new_certificate_waits_for_clocks_that_are_behind(start, tmp_path):
    """It is not yet valid for a client whose clock is behind; the old one is good until then."""
    ca = Authority()
    first = ca.server_files(tmp_path / "made", names=NAMES, not_before=time.time() - 3600)
    second = ca.server_files(tmp_path / "made", names=NAMES, not_before=time.time())
    mount = Mount(tmp_path / "mount")
    mount.put(*first)
    daemon = start("-plain-listen=127.0.0.1:0", *mount.args, own_certificate=False,
                   ca=ca.write(tmp_path / "ca.pem"))
    before = served(daemon)
    mount.put(*second)
    wait_for(lambda: value(daemon, "keyhook_certificate_renewals_total", result="ok") == 2, "the reading")
    assert served(daemon) == before


def test_ready_at_once_without_publication(start):
    daemon = start("-plain-listen=127.0.0.1:0")
    assert ready(daemon) == (204, "")
    assert value(daemon, "keyhook_ready") == 1 and value(daemon, "keyhook_webhook_published") == 0


def become_nobody():
    """An ordinary user, as root sees and owns everything anyway."""
    if os.geteuid() == 0:
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def is_sanitized():
    program = pathlib.Path(keyhook()).read_bytes()
    return b"__asan_init" in program or b"__tsan_init" in program


def test_memory_is_closed_to_others(start):
    """No core files; and what is below /proc belongs to root, which is how PR_SET_DUMPABLE 0 shows."""
    pid = start(own_certificate=False, preexec=become_nobody).process.pid
    limits = pathlib.Path(f"/proc/{pid}/limits").read_text(encoding="ascii")
    assert re.search(r"Max core file size\s+0\s+0\s", limits)
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    assert not re.search(r"^Uid:\s+0\s", status, re.M)
    if not is_sanitized():  # these look into the process at its end
        assert os.stat(f"/proc/{pid}/environ").st_uid == 0


def test_own_names(start):
    crt = parsed(served(start("-tls-auto-hosts=keyhook.vault.svc")))
    assert "keyhook.vault.svc" in str(crt.extensions)
