"""One way for these tests to generate, with everything chosen that does not matter to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from snowkit.access.records import Acl, Policy
from snowkit.pack.load import load
from snowkit.updateset.generate import Generated, generate
from snowkit.updateset.ids import Build
from snowkit.updateset.options import Options

PACK = load()
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
URL = "https://app.example.com/hook"
SHOWN = (
    Acl("1", "sys_audit_delete", "read", roles=frozenset({"admin"})),
    Acl("2", "sys_audit", "read", roles=frozenset({"admin"})),
)


def built(
    acls: Sequence[Acl] | None = SHOWN,
    *,
    build: str = "one",
    policies: Sequence[Policy] = (),
    **options: Any,
) -> Generated:
    """Return a build for the instance dev1, reproducible."""
    return generate(
        PACK,
        Options(**{"instances": {"dev1": URL}, **options}),
        acls=acls,
        build=Build(build),
        now=NOW,
        policies=policies,
    )
