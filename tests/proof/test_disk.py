"""A disk that is full, or read-only, at any point of a landing: a clear error, nothing lost, and the next landing makes it good."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.servers import missing

_APART = ["unshare", "--user", "--map-root-user", "--mount"]


def test_a_disk_that_is_too_small_loses_nothing_whatever_its_size(tmp_path: Path, repo: Path) -> None:
    if shutil.which("unshare") is None or subprocess.run([*_APART, "true"], capture_output=True, check=False).returncode:
        missing("mount namespace", "this test mounts a small disk of its own; allow unprivileged user namespaces")
    environment = {**os.environ, "PYTHONPATH": f"{repo / 'src'}:{repo}"}
    command = [*_APART, sys.executable, "-m", "tests.proof.small_disk", str(tmp_path)]
    done = subprocess.run(command, env=environment, cwd=repo, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["outcomes"]["full"] >= 5, "it was full before a file was written, before the commit and before the state"
    assert told["outcomes"]["read-only"] == told["outcomes"]["full"] + told["outcomes"]["done"]
    assert {"synced", "committed"} <= set(told["steps"])
