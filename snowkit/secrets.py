"""Where secrets live: the environment, the system's keyring, else a file that only its owner reads."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType

from snowkit.errors import OutputError, ProfileError

SERVICE = "snowkit"


class Vault:
    """The secrets of one profile, by short names such as `client_secret`.

    `environment` values win and are never stored. `folder` holds the file that is used when the optional
    package keyring is absent or has no backend.
    """

    def __init__(self, folder: Path, profile: str, environment: Mapping[str, str] | None = None) -> None:
        self._path = folder / "secrets.json"
        self._profile = profile
        self._environment = dict(environment or {})

    def get(self, name: str) -> str:
        """Return a secret, or an empty string."""
        if self._environment.get(name):
            return self._environment[name]
        ring = _keyring()
        if ring is not None:
            kept = ring.get_password(SERVICE, f"{self._profile}.{name}")
            if kept:
                return str(kept)
        return self._read().get(self._profile, {}).get(name, "")

    def given(self, name: str) -> bool:
        """Whether the environment gives a secret, so that nothing about it is kept."""
        return bool(self._environment.get(name))

    def put(self, values: Mapping[str, str]) -> None:
        """Keep secrets together, so that a crash leaves the old ones or the new; empty values forget."""
        ring = _keyring()
        if ring is not None:
            for name, value in values.items():
                if value:
                    ring.set_password(SERVICE, f"{self._profile}.{name}", value)
                elif ring.get_password(SERVICE, f"{self._profile}.{name}"):
                    ring.delete_password(SERVICE, f"{self._profile}.{name}")
            return
        with _locked(self._path):
            every = self._read()
            mine = every.setdefault(self._profile, {})
            for name, value in values.items():
                mine.pop(name, None)
                if value:
                    mine[name] = value
            if not mine:
                del every[self._profile]
            _replace(self._path, json.dumps(every, indent=1))

    def forget(self) -> None:
        """Remove the profile's secrets from the file."""
        with _locked(self._path):
            every = self._read()
            if every.pop(self._profile, None) is not None:
                _replace(self._path, json.dumps(every, indent=1))

    def _read(self) -> dict[str, dict[str, str]]:
        try:
            _close_to_others(self._path)
            data = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise ProfileError(
                f"The secrets in {self._path} cannot be read: {error}.", "Remove the file and sign in again."
            ) from error
        return data if isinstance(data, dict) else {}


def _keyring() -> ModuleType | None:
    # A locked keyring waits for a person, which a CI job does not have.
    if os.environ.get("SNOWKIT_KEYRING") == "0" or os.environ.get("CI"):
        return None
    try:
        import keyring  # noqa: PLC0415
    except ImportError:
        return None
    return keyring if keyring.get_keyring().priority > 0 else None


def _close_to_others(path: Path) -> None:
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        path.chmod(0o600)


def _replace(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # mkstemp makes the file readable by its owner only.
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".secrets-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OutputError(
            f"The secrets cannot be kept in {path}: {error.strerror}.",
            "Make its folder writable, or set SNOWKIT_HOME, or give the secrets in the environment.",
        ) from error


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep two processes from writing at once: both would save, and one would be lost."""
    lock = path.with_suffix(".lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with lock.open("a+b") as file:
            _take(file.fileno())
            yield
    except PermissionError as error:
        raise OutputError(
            f"{lock} cannot be written: {error.strerror}.", "Make its folder writable, or set SNOWKIT_HOME."
        ) from error


if sys.platform == "win32":
    import msvcrt

    def _take(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_LOCK, 1)
else:
    import fcntl

    def _take(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX)
