"""Reads the instance's system properties."""

from __future__ import annotations

from snowkit.lab.store import Store


def text(store: Store, name: str, default: str = "") -> str:
    """Return a property's value; the default where there is no such property."""
    found = store.find("sys_properties", f"name={name}", limit=1)
    return found[0]["value"] if found else default


def on(store: Store, name: str, *, default: bool = False) -> bool:
    """Say whether a property is `true`."""
    return text(store, name, "true" if default else "false").strip().lower() == "true"


def number(store: Store, name: str, default: int) -> int:
    """Return a property that is a whole number; the default where it is none."""
    value = text(store, name).strip()
    return int(value) if value.isdecimal() else default
