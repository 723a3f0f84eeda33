"""One customer's connection: what the platform's form asks for, and where the file of it lies."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import platformdirs
import tomli_w
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from snowkit.errors import OutputError, ProfileError

PROFILE_NAME = r"^[a-z0-9][a-z0-9_-]{0,40}$"
LOCAL_FILE = "snowkit.toml"

Text = Annotated[str, StringConstraints(max_length=2000, pattern=r"^[^\x00-\x1f\x7f]*$")]


class Profile(BaseModel):
    """A connection without its secrets; those are kept in the vault under the profile's name."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, validate_assignment=True)

    name: Annotated[str, StringConstraints(pattern=PROFILE_NAME)]
    url: Text = ""
    instance_name: Text = ""
    """The property `instance_name` of the instance; empty means the core domain of `url`."""
    pack: Text = "theloops"
    capability: tuple[Text, ...] = Field(default=("helpdesk",), strict=False, min_length=1)
    client_id: Text = ""
    redirect_uri: Text = "http://127.0.0.1:8765/callback"
    environment: Literal["production", "sandbox"] = "production"
    region: Text = "us"
    pull_by: Literal["created", "updated"] = "updated"
    refresh_token_expiry: date | None = None
    webhook_url: Text = ""
    inbox_url: Text = ""
    """Where delivered webhooks can be read back; empty when the platform offers no such place."""
    token_restriction: Literal["on", "off", "unknown"] = "unknown"  # noqa: S105
    inspector_user: Text = ""
    snapshot: Text = ""
    ca_bundle: Text = ""


@dataclass(frozen=True, slots=True)
class Home:
    """The folders of one user, or the one folder that `SNOWKIT_HOME` names."""

    config: Path
    state: Path

    @property
    def profiles(self) -> Path:
        """The file of the user's profiles."""
        return self.config / "profiles.toml"

    @property
    def journal(self) -> Path:
        """The file that names what was written on instances."""
        return self.state / "journal.jsonl"


def home(environment: Mapping[str, str] = os.environ) -> Home:
    """Return the folders; raises `ProfileError` when the platform gives none."""
    if environment.get("SNOWKIT_HOME"):
        folder = Path(environment["SNOWKIT_HOME"])
        return Home(folder, folder)
    try:
        return Home(platformdirs.user_config_path("snowkit"), platformdirs.user_state_path("snowkit"))
    except RuntimeError as error:
        raise ProfileError("No home folder is known.", "Set SNOWKIT_HOME to a folder.") from error


_VARIABLES = {
    "url": ("SNOWKIT_URL", "SERVICENOW_INSTANCE_URL", "SERVICENOW_INSTANCE", "SN_INSTANCE", "SN_HOST"),
    "client_id": ("SNOWKIT_CLIENT_ID", "SERVICENOW_CLIENT_ID", "SN_CLIENT_ID"),
    "webhook_url": ("SNOWKIT_WEBHOOK_URL",),
    "inbox_url": ("SNOWKIT_INBOX_URL",),
    "region": ("SNOWKIT_REGION",),
    "environment": ("SNOWKIT_ENVIRONMENT",),
    "pull_by": ("SNOWKIT_PULL_BY",),
    "token_restriction": ("SNOWKIT_TOKEN_RESTRICTION",),
    "inspector_user": ("SNOWKIT_INSPECTOR_USER",),
    "snapshot": ("SNOWKIT_SNAPSHOT",),
    "ca_bundle": ("SNOWKIT_CA_BUNDLE",),
}

SECRET_VARIABLES = {
    "client_secret": ("SNOWKIT_CLIENT_SECRET", "SERVICENOW_CLIENT_SECRET", "SN_CLIENT_SECRET"),
    "refresh_token": ("SNOWKIT_REFRESH_TOKEN", "SN_REFRESH_TOKEN"),
    "access_token": ("SNOWKIT_ACCESS_TOKEN", "SN_ACCESS_TOKEN"),
    "webhook_secret": ("SNOWKIT_WEBHOOK_SECRET",),
    "inspector_password": ("SNOWKIT_INSPECTOR_PASSWORD",),
    "inspector_token": ("SNOWKIT_INSPECTOR_TOKEN",),
}


def secrets_of(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the secrets that the environment gives, by the vault's short names."""
    found = {name: _first(environment, names) for name, names in SECRET_VARIABLES.items()}
    return {name: value for name, value in found.items() if value}


def load(name: str = "", environment: Mapping[str, str] = os.environ, folder: Path | None = None) -> Profile:
    """Return a connection: `snowkit.toml` in `folder`, else the user's profiles, below the environment.

    Without a name it is `SNOWKIT_PROFILE`, else the local file's, else `default`. A file that cannot be read
    stands in the way only of the names that occur in it, and of those found nowhere else. Raises `ProfileError`.
    """
    local = (folder or Path.cwd()) / LOCAL_FILE
    files = [local, home(environment).profiles]
    wanted = name or environment.get("SNOWKIT_PROFILE", "")
    if not wanted:
        wanted = next(iter(_read(local)), "default") if local.is_file() else "default"
    every = _merged(files, wanted)
    if wanted not in every:
        every = _merged(files)
    data = dict(every.get(wanted, {}))
    overrides = {field: _first(environment, names) for field, names in _VARIABLES.items()}
    data.update({field: value for field, value in overrides.items() if value})
    if environment.get("SNOWKIT_CAPABILITY"):
        data["capability"] = [item.strip() for item in environment["SNOWKIT_CAPABILITY"].split(",")]
    if not data:
        known = ", ".join(sorted(every)) or "none yet"
        raise ProfileError(
            f"There is no profile {wanted}; the known ones: {known}.",
            "Run snowkit lab for the one called lab, or set SNOWKIT_URL and SNOWKIT_CLIENT_ID.",
        )
    return _checked(wanted, data, "the environment or the profile")


def every(environment: Mapping[str, str] = os.environ, folder: Path | None = None) -> tuple[Profile, ...]:
    """Return all connections, the local file's first; raises `ProfileError`."""
    files = [(folder or Path.cwd()) / LOCAL_FILE, home(environment).profiles]
    return tuple(_checked(name, data, "the profile") for name, data in _merged(files).items())


def readable(
    environment: Mapping[str, str] = os.environ, folder: Path | None = None
) -> tuple[tuple[Profile, ...], tuple[ProfileError, ...]]:
    """Return the connections that can be read, the local file's first, and what is wrong with the others."""
    found: dict[str, Profile | None] = {}
    errors: list[ProfileError] = []
    for path in ((folder or Path.cwd()) / LOCAL_FILE, home(environment).profiles):
        try:
            tables = _read(path)
        except ProfileError as error:
            errors.append(error)
            continue
        for name in [name for name in tables if name not in found]:
            try:
                found[name] = _checked(name, tables[name], str(path))
            except ProfileError as error:
                # A wrong profile here is not replaced by one of the same name in the next file.
                found[name] = None
                errors.append(error)
    return tuple(profile for profile in found.values() if profile is not None), tuple(errors)


def url_on_file(name: str, environment: Mapping[str, str] = os.environ, folder: Path | None = None) -> str:
    """Return a connection's URL as its file gives it, or an empty string; raises `ProfileError`."""
    files = [(folder or Path.cwd()) / LOCAL_FILE, home(environment).profiles]
    return str(_merged(files, name).get(name, {}).get("url", ""))


def save(profile: Profile, environment: Mapping[str, str] = os.environ) -> Path:
    """Write a connection into the user's profiles and return the file; raises `OutputError`."""
    path = home(environment).profiles
    profiles = _read(path)
    data = profile.model_dump(exclude={"name"}, exclude_defaults=True)
    profiles[profile.name] = {**data, "capability": list(profile.capability), "url": profile.url}
    _write(path, profiles)
    return path


def remove(name: str, environment: Mapping[str, str] = os.environ) -> None:
    """Forget a connection; nothing happens when it is not there."""
    path = home(environment).profiles
    profiles = _read(path)
    if profiles.pop(name, None) is not None:
        _write(path, profiles)


def _write(path: Path, profiles: dict[str, dict[str, Any]]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(
            tomli_w.dumps({"profile": profiles} if profiles else {}), encoding="utf-8", newline="\n"
        )
        temporary.replace(path)
    except OSError as error:
        raise OutputError(
            f"The profiles cannot be written to {path}: {error.strerror}.",
            "Set SNOWKIT_HOME to another folder.",
        ) from error


def _first(environment: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((environment[name] for name in names if environment.get(name)), "")


def _merged(files: list[Path], wanted: str = "") -> dict[str, dict[str, Any]]:
    merged: dict[str, dict[str, Any]] = {}
    for path in files:
        try:
            tables = _read(path)
        except ProfileError:
            if not wanted or _may_name(path, wanted):
                raise
            continue
        for name, data in tables.items():
            merged.setdefault(name, data)
    return merged


def _may_name(path: Path, name: str) -> bool:
    """Tell whether a file that is no TOML holds this name; a shell may have written it with two bytes a letter."""
    try:
        return name.encode() in path.read_bytes().replace(b"\0", b"")
    except OSError:
        return True


def _read(path: Path) -> dict[str, dict[str, Any]]:
    try:
        # Editors on Windows begin a file with a byte order mark.
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except UnicodeDecodeError as error:
        raise ProfileError(f"{path} cannot be read: it is not UTF-8.", "Save the file as UTF-8.") from error
    except (OSError, ValueError) as error:
        raise ProfileError(f"{path} cannot be read: {error}.", "Correct the line that it names.") from error
    profiles = data.get("profile", {})
    if not isinstance(profiles, dict) or not all(isinstance(item, dict) for item in profiles.values()):
        raise ProfileError(f"{path} holds no tables [profile.NAME].", "Give each connection such a table.")
    return profiles


def _checked(name: str, data: dict[str, Any], where: str) -> Profile:
    try:
        return Profile.model_validate({**data, "name": name})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise ProfileError(
            f"The profile {name} is wrong: {_explained(field, first['type'], first['msg'])}.",
            f"Correct it in {where}.",
        ) from error


def _explained(field: str, kind: str, message: str) -> str:
    """Say what is wrong with a field in the words of the file, not of the library that reads it."""
    if kind == "extra_forbidden" and field in SECRET_VARIABLES:
        return f"{field} is a secret and does not belong in a file: set {SECRET_VARIABLES[field][0]}"
    if kind == "extra_forbidden":
        close = difflib.get_close_matches(field, Profile.model_fields, 1)
        return f"{field} is no field of a profile" + (f"; is {close[0]} meant?" if close else "")
    if kind == "tuple_type":
        return f'{field} must be a list, such as ["helpdesk"]'
    return f"{field}: {message}"
