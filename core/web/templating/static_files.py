"""Static files: read once at start, served under one fingerprint of them all."""

import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from plenaria.core.host.plugins import PluginHost

CORE: Final = Path(__file__).parents[2]
"""The folder of the core: its templates, static files and catalogues."""


@dataclass(frozen=True, slots=True)
class StaticFile:
    content: bytes
    media_type: str


class StaticFiles:
    """Every static file of the core and the plugins, read once at start, under one fingerprint of them all."""

    def __init__(self, host: PluginHost) -> None:
        self.files: dict[str, StaticFile] = {}
        for prefix, folder in [("", CORE / "static"), *host.folders("static")]:
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    name = f"{prefix}/" * bool(prefix) + path.relative_to(folder).as_posix()
                    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
                    self.files[name] = StaticFile(path.read_bytes(), media_type)
        digest = hashlib.sha256()
        for name, file in sorted(self.files.items()):
            digest.update(name.encode() + b"\0" + file.content)
        self.fingerprint = digest.hexdigest()[:12]

    def address(self, name: str) -> str:
        """Raises KeyError for a file that is not there: a template's slip shows at once."""
        self.files[name]
        return f"/static/{self.fingerprint}/{name}"
