"""A primary that is killed in the middle of a rush, in short; `python -m tests.standby` plays the rest."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from plenaria.testing.programs import not_run


def test_nothing_confirmed_is_lost_or_sold_twice_when_the_primary_is_killed() -> None:
    _refuse_without_namespaces()

    played = subprocess.run(
        [sys.executable, "-m", "tests.standby", "--short"],
        capture_output=True,
        check=False,
        text=True,
        cwd=Path(__file__).parents[2],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        timeout=180,
    )

    assert played.returncode == 0, played.stdout + played.stderr
    assert '"wrong": []' in played.stdout


def _refuse_without_namespaces() -> None:
    """Only root may make them, and only on Linux."""
    if os.geteuid() != 0 or shutil.which("unshare") is None or shutil.which("ip") is None:
        not_run("network namespaces", "they need root, iproute2 and util-linux")
    if subprocess.run(["unshare", "--net", "true"], check=False, capture_output=True).returncode:
        not_run("network namespaces", "this machine does not permit them")
