"""Which tables web services reach: those that are there, with their plug-in active, and not closed to them.

source: rest_behaviour 1.6 and 1.7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from snowkit.lab.encoded import equals
from snowkit.lab.rest.call import Refused
from snowkit.lab.rest.gate import closed_to_web_services

if TYPE_CHECKING:
    from snowkit.lab.instance import Lab


def reached(lab: Lab, name: str) -> str:
    """Return a table's name; raises `Refused` where there is no such table or web services may not reach it."""
    table = lab.schema.get(name)
    rows = lab.store.find("sys_db_object", equals(name=name), limit=1) if table else []
    if table is None or not rows or (table.plugin and not lab.has_plugin(table.plugin)):
        raise Refused(400, f"Invalid table {name}", f"Table {name} does not exist")
    if rows[0]["ws_access"] != "true":
        raise closed_to_web_services()
    return name
