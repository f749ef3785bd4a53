"""A primary that is killed in the middle of a rush, in short; `python -m tests.standby` plays the rest."""

import os
import subprocess
import sys
from pathlib import Path


def test_nothing_confirmed_is_lost_or_sold_twice_when_the_primary_is_killed() -> None:
    played = subprocess.run(
        [sys.executable, "-m", "tests.standby", "--short"],
        capture_output=True,
        check=False,
        text=True,
        cwd=Path(__file__).parents[2],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        timeout=240,
    )

    assert played.returncode == 0, played.stdout + played.stderr
    assert '"wrong": []' in played.stdout
