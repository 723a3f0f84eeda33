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

NAMES = (
    "client_secret",
    "access_token",
    "refresh_token",
    "token_expires_at",
    "webhook_secret",
    "inspector_password",
    "inspector_token",
)
"""Everything that is kept for a profile, beside the URL of the instance that it is meant for."""

URL = "url"


class Vault:
    """The secrets of one profile, by the short names in `NAMES`.

    `environment` values win and are never stored. `folder` holds the file that is used when the optional
    package keyring is absent or has no backend. Secrets are kept with `url`, the instance's base URL, and are
    never handed out for another one; `owner` is whose they are where none was kept with them. An empty `url`
    asks no such question.
    """

    def __init__(
        self,
        folder: Path,
        profile: str,
        environment: Mapping[str, str] | None = None,
        *,
        url: str = "",
        owner: str = "",
    ) -> None:
        self._file = _File(folder / "secrets.json", profile)
        self._profile = profile
        self._environment = dict(environment or {})
        self._url = url
        self._owner = owner

    def get(self, name: str) -> str:
        """Return a secret of the environment, else a kept one, else an empty string."""
        return self.given(name) or self.kept(name)

    def given(self, name: str) -> str:
        """Return a secret of the environment, or an empty string."""
        return self._environment.get(name, "")

    def kept(self, name: str) -> str:
        """Return a secret that is kept for this instance, or an empty string."""
        ours = (place.get(name) for place in self._places() if not self._stranger(place))
        return next((value for value in ours if value), "")

    @property
    def elsewhere(self) -> str:
        """The base URL of another instance whose secrets are kept under this profile, or an empty string."""
        return next((url for url in map(self._stranger, self._places()) if url), "")

    def put(self, values: Mapping[str, str]) -> None:
        """Keep secrets together, so that a crash leaves the old ones or the new; empty values forget.

        Another instance's secrets make way. An older copy beside the keyring goes, too.
        """
        assert set(values) <= set(NAMES), "forget() would leave what it does not know"
        places = self._places()
        for place in places:
            if self._stranger(place):
                place.put(_NOTHING)
        first, *others = places
        first.put({URL: self._url, **values} if self._url and any(values.values()) else values)
        for place in others:
            place.put(dict.fromkeys(values, ""))

    def forget(self) -> None:
        """Remove the profile's secrets from the keyring and from the file."""
        for place in self._places():
            place.put(_NOTHING)

    def _places(self) -> list[_Ring | _File]:
        ring = _keyring()
        return [_Ring(ring, self._profile), self._file] if ring is not None else [self._file]

    def _stranger(self, place: _Ring | _File) -> str:
        if not self._url or not any(place.get(name) for name in NAMES):
            return ""
        owner = place.get(URL) or self._owner
        return owner if owner != self._url else ""


_NOTHING = dict.fromkeys((*NAMES, URL), "")


class _Ring:
    """One profile's entries in the system's keyring; its failures are `ProfileError`s."""

    def __init__(self, ring: ModuleType, profile: str) -> None:
        self._ring = ring
        self._profile = profile

    def get(self, name: str) -> str:
        with self._answering():
            return str(self._ring.get_password(SERVICE, f"{self._profile}.{name}") or "")

    def put(self, values: Mapping[str, str]) -> None:
        for name, value in values.items():
            entry = f"{self._profile}.{name}"
            with self._answering():
                if value:
                    self._ring.set_password(SERVICE, entry, value)
                elif self._ring.get_password(SERVICE, entry):
                    self._ring.delete_password(SERVICE, entry)

    @contextlib.contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except self._ring.errors.KeyringError as error:
            raise ProfileError(
                f"The system's keyring does not answer: {type(error).__name__}.",
                "Unlock it, or set SNOWKIT_KEYRING=0 to use a file that only you can read.",
            ) from error


class _File:
    """One profile's table in the file of secrets."""

    def __init__(self, path: Path, profile: str) -> None:
        self._path = path
        self._profile = profile

    def get(self, name: str) -> str:
        return self._read().get(self._profile, {}).get(name, "")

    def put(self, values: Mapping[str, str]) -> None:
        if not any(values.values()) and not self._path.exists():
            return
        with _locked(self._path):
            every = self._read()
            mine = {**every.get(self._profile, {}), **values}
            mine = {name: value for name, value in mine.items() if value}
            if mine == every.get(self._profile, {}):
                return
            if mine.keys() <= {URL}:
                every.pop(self._profile, None)
            else:
                every[self._profile] = mine
            _replace(self._path, json.dumps(every, indent=1))

    def _read(self) -> dict[str, dict[str, str]]:
        try:
            _close_to_others(self._path)
            data = json.loads(self._path.read_text(encoding="utf-8"))
            if not isinstance(data, dict) or not all(isinstance(item, dict) for item in data.values()):
                raise ValueError("it holds no tables of secrets")
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise ProfileError(
                f"The secrets in {self._path} cannot be read: {error}.", "Remove the file and sign in again."
            ) from error
        return data


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
