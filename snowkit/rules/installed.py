"""Is a business rule that stands on an instance the one that a pack asks for, and can it post?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from snowkit.pack.model import Pack, Rule

Row = Mapping[str, Any]
"""One row of `sys_script`, with the columns of `FIELDS`."""

FIELDS = (
    "sys_id",
    "name",
    "collection",
    "active",
    "when",
    "advanced",
    "action_insert",
    "action_update",
    "filter_condition",
    "condition",
    "role_conditions",
    "script",
)

OUTBOUND = ("RESTMessageV2", "GlideHTTPRequest", "eventQueue")
"""What a script that sends anything names (source: RESTMessageV2 API, events)."""


def candidates(rows: Iterable[Row], rule: Rule, pack: Pack) -> list[Row]:
    """Return the rules that look like `rule`: by its name, and by the vendor's name in one on its table."""
    every = list(rows)
    theirs = {row.name for row in pack.rule}
    by_hand = [
        row
        for row in every
        if row.get("collection") == rule.table
        and row.get("name") not in theirs
        and pack.name in f"{row.get('script', '')} {row.get('name', '')}".lower()
    ]
    return [*(row for row in every if row.get("name") == rule.name), *by_hand]


def faults(rule: Rule, row: Row) -> list[str]:
    """Return, in words, why a rule that is active cannot post what it should; nothing where it can."""
    script = str(row.get("script", ""))
    told = (
        (
            row.get("collection") != rule.table,
            f"its table is {row.get('collection') or 'empty'}, not {rule.table}",
        ),
        (row.get("when") not in ("after", "async"), f"it runs {row.get('when') or 'never'}, not after"),
        (row.get("advanced") != "true", "Advanced is off, so its script does not run"),
        (rule.insert and row.get("action_insert") != "true", "Insert is off"),
        (rule.update and row.get("action_update") != "true", "Update is off"),
        (not script.strip(), "its script is empty"),
        (
            bool(script.strip()) and not any(word in script for word in OUTBOUND),
            "its script sends nothing",
        ),
        (
            row.get("name") == rule.name and bool(row.get("condition")),
            "a Condition decides whether it runs",
        ),
        (bool(row.get("role_conditions")), "it runs for some roles only"),
        (
            not _kept(rule, row, script),
            f"nothing keeps it to {rule.filter}, so it may post other tables' records or none",
        ),
    )
    return [words for wrong, words in told if wrong]


def _kept(rule: Rule, row: Row, script: str) -> bool:
    condition = str(row.get("filter_condition", "")).removesuffix("^EQ")
    if row.get("name") == rule.name:
        return condition == rule.filter
    # A rule made by hand may test the table in its script.
    return not rule.filter or bool(condition) or rule.filter.split("IN")[0] in script
