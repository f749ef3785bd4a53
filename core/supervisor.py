"""The parent of several serving processes. It imports nothing that only its children need, so that it stays small.

`plenaria serve --workers N` becomes this program (`exec`) once it has seen that the installation can be served. It takes the
port, starts the children, replaces one that died or hangs, and keeps the folder in which they add up their metrics.
"""

import json
import os
import sys
import tempfile
from typing import Any

import uvicorn

from plenaria.core.kernel import logs


def start(*, development: bool, **options: Any) -> None:
    """Become the supervisor; does not return. `options` are uvicorn's, builtins only."""
    arguments = [sys.executable, "-m", __name__, json.dumps(options), "development" if development else "production"]
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, arguments)  # noqa: S606 - our own interpreter, no shell


def main(options: str, mode: str) -> None:
    logs.configure(development=mode == "development")
    with tempfile.TemporaryDirectory(prefix="plenaria-metrics-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        uvicorn.run("plenaria.core.cli.serving:application", factory=True, log_config=None, **json.loads(options))


if __name__ == "__main__":
    main(*sys.argv[1:])
