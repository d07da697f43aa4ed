"""No secret is in what a failure would leave to look at. The suite runs this file last."""

import pathlib
import re
import subprocess

import secret_search
from services import ready_pod
from stage import ROOT

COPY_GUARD = 120  # seconds


def test_no_secret_in_the_logs(stage, inside, tmp_path, figure):
    """Of all servers and pods, Vault's audit log and PostgreSQL's included; also not the password of a pair that is in use."""
    secret_search.remember_files(stage.directory)
    name = ready_pod(stage, "encounter-service").metadata.name
    text = inside(name, "cat", "/vault/secrets/config.json", container="encounter-service")
    secret_search.remember("a pod's password", re.search(r'"password":\s*"([^"]+)"', text)[1])
    subprocess.run([ROOT / "tests/cluster/logs", tmp_path], check=True, timeout=COPY_GUARD)
    logs = {str(path.relative_to(tmp_path)) for path in pathlib.Path(tmp_path).rglob("*.log")}
    assert {"postgres.log", "vault/audit.log"} <= logs
    figure(f"{len(secret_search.KNOWN)} secrets looked for in {len(logs)} logs")
    assert list(secret_search.find_below(tmp_path)) == []
