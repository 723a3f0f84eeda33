"""The lab's scenario `onboarded` holds exactly what `generate` writes by default, beside the hand-over's ACL.

With SNOWKIT_RECORD=1 the test writes the recorded copy anew.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime

from snowkit.access.records import Acl
from snowkit.lab.schema import shipped
from snowkit.pack.load import load
from snowkit.resources import folder
from snowkit.updateset.generate import generate
from snowkit.updateset.ids import Build
from snowkit.updateset.options import Options
from snowkit.updateset.read import read_bytes

STAMPS = {"sys_created_by", "sys_created_on", "sys_updated_by", "sys_updated_on", "sys_mod_count"}
PLACE = "http://127.0.0.1/the-platform-of-the-lab"


def generated() -> list[dict[str, object]]:
    """Return the default records, and the ACL that the hand-over tells to make by hand."""
    shown = [Acl("1", "sys_audit_delete", "read")]
    made = generate(
        load(),
        Options(instances={"lab": PLACE}),
        acls=shown,
        build=Build("x"),
        now=datetime(2026, 1, 1, tzinfo=UTC),
    )
    schema = shipped()
    records: list[dict[str, object]] = []
    for name in ("rules.xml", "access.xml"):
        read = read_bytes(made.files[name].encode(), name)
        for record in sorted(read.records, key=lambda record: (record.table, record.sys_id)):
            columns = schema.columns(record.table)
            values = {
                key: value.replace(PLACE, "{webhook_url}")
                for key, value in sorted(record.fields.items())
                if key in columns and key not in STAMPS
            }
            records.append({"table": record.table, "values": values})
    return records


def test_the_recorded_copy_is_what_generate_writes() -> None:
    """The lab's copy and the generator's records are the same, field by field."""
    path = folder("fixtures") / "lab" / "onboarded.json"
    if os.environ.get("SNOWKIT_RECORD") == "1":
        text = json.dumps({"records": generated()}, indent=1) + "\n"
        path.write_text(text, encoding="utf-8", newline="\n")
    assert json.loads(path.read_text(encoding="utf-8"))["records"] == generated()
