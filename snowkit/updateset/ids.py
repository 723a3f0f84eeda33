"""Which sys_ids generated records carry: stable ones for records, fresh ones for each build."""

from __future__ import annotations

import uuid
from dataclasses import dataclass


def record_id(pack: str, prefix: str, kind: str) -> str:
    """Return the sys_id of a record: the same for every engineer, customer and instance.

    A set that is imported again therefore updates in place instead of making a second record.
    """
    return uuid.uuid5(uuid.NAMESPACE_URL, f"snowkit:{pack}:{prefix}:{kind}").hex


@dataclass(frozen=True, slots=True)
class Build:
    """The ids of one build: random ones, or derived from `build_id`, which makes the files reproducible."""

    build_id: str

    @classmethod
    def fresh(cls) -> Build:
        """Return a build that no other shares."""
        return cls(uuid.uuid4().hex)

    def id(self, kind: str) -> str:
        """Return this build's id of a header or an update."""
        return uuid.uuid5(uuid.NAMESPACE_URL, f"snowkit-build:{self.build_id}:{kind}").hex
