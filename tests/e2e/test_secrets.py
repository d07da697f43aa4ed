"""No secret is in what a failure would leave to look at: the logs of the local cluster. The suite runs this file last."""

import os
import subprocess

import secret_search
from release import ROOT

COPY_GUARD = 120  # seconds


def test_no_secret_in_the_logs(tmp_path, figure):
    secret_search.remember_files(os.environ["KEYHOOK_CLUSTER"])
    subprocess.run([ROOT / "tests/cluster/logs", tmp_path], check=True, timeout=COPY_GUARD)
    assert {"kube/kube-apiserver.log", "vault/vault-0.log"} <= {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*.log")}
    figure(f"{len(secret_search.KNOWN)} secrets looked for")
    assert len(secret_search.KNOWN) >= 2 and list(secret_search.find_below(tmp_path)) == []
