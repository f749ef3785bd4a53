"""The installation's Ed25519 key: one file that only its owner reads, made at the first start.

Every process that issues receipts reads the same file; on several hosts, copy it before the second one
starts. When it is lost, old receipts still verify with the public key, but new ones need a new key.
"""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from itertools import chain, count
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from plenaria.core.kernel.ledger.receipts import UnusableKey, private_key_pem, read_private_key
from plenaria.core.kernel.settings import Misconfigured

_path: Path | None = None


def use(path: Path) -> None:
    """Sign with the key in this file from now on; it is read, or made, when it is first asked for."""
    global _path  # noqa: PLW0603 - one installation a process, set once at start
    _path = path


def current() -> Ed25519PrivateKey:
    """The installation's key, for what signs outside a request (the demo's sample data, the worker)."""
    if _path is None:
        raise RuntimeError("no signing key is in use yet: call plenaria.core.storage.signing_keys.use() first")
    return load_or_create(_path)


def write_beside(name: str, text: str) -> None:
    """Keep a text in a file beside the key, whole or not at all."""
    if _path is None:
        return
    draft = _path.with_name(f".{name}.{os.getpid()}")
    draft.write_text(text, "utf-8")
    draft.replace(_path.with_name(name))


def read_beside(name: str) -> str | None:
    """What was kept beside the key; None when there is no such file."""
    if _path is None or not _path.with_name(name).is_file():
        return None
    return _path.with_name(name).read_text("utf-8")


def set_aside_beside(name: str) -> None:
    """Rename what was kept beside the key: it is about a database that was replaced. What was set aside earlier stays."""
    if _path is None or not _path.with_name(name).is_file():
        return
    aside = f"{name}.before-restore"
    places = (_path.with_name(f"{aside}{again}") for again in chain([""], (f"-{number}" for number in count(2))))
    _path.with_name(name).replace(next(place for place in places if not place.exists()))


def load_or_create(path: Path) -> Ed25519PrivateKey:
    """The key in `path`; a new one, from the operating system's randomness, when there is no such file.

    Of several processes that start at once one makes the key and the others read it; nobody sees half a file.
    Raises Misconfigured when the file holds no Ed25519 key, may be read by others, or cannot be read or made.
    """
    with suppress(FileNotFoundError):
        return load(path)
    create(path)
    return load(path)


def load(path: Path) -> Ed25519PrivateKey:
    """The key in `path`; FileNotFoundError when there is none, Misconfigured as `load_or_create` says."""
    try:
        with path.open("rb") as file:
            _refuse_readable_by_others(path, os.fstat(file.fileno()).st_mode)
            return read_private_key(file.read())
    except FileNotFoundError:
        raise
    except OSError as error:
        raise Misconfigured(f"The signing key {path} cannot be read: {error.strerror}.") from error
    except UnusableKey as error:
        raise Misconfigured(f"The signing key {path} cannot be used: {error}.") from error


def create(path: Path) -> None:
    """Write a new key to `path` with mode 0600; an existing file stays as it is."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise Misconfigured(f"The signing key {path} cannot be made: {error.strerror}.") from error
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(private_key_pem(Ed25519PrivateKey.generate()))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)
    except OSError as error:
        raise Misconfigured(f"The signing key {path} cannot be made: {error.strerror}.") from error
    finally:
        os.unlink(draft)


def _refuse_readable_by_others(path: Path, mode: int) -> None:
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        raise Misconfigured(f"The signing key {path} may be read by others; run: chmod 600 {path}")
