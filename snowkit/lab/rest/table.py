"""The Table API: lists, single records and their writes.

source: rest_behaviour 1.
"""

from __future__ import annotations

from snowkit.lab.rest import body, queries, shape, tables, writes
from snowkit.lab.rest.apis import TABLE, Endpoint
from snowkit.lab.rest.call import Answer, Call, no_record

_LIMIT = 10000


def _list(call: Call) -> Answer:
    table = tables.reached(call.lab, call.parts["tableName"])
    query = queries.asked(call, table)
    limit, offset = call.count("sysparm_limit", _LIMIT), call.count("sysparm_offset", 0)
    written = shape.Shape(call, table, shape.look_of(call, table))
    rows = queries.page(call, table, query, limit, offset, written.columns)
    if not rows and call.version == "v1" and not call.lab.store.count(table, query, asker=call.asker):
        raise no_record()
    found = queries.headers(call, table, query, limit, offset)
    return Answer(result=[written.record(row) for row in rows], headers=found)


def _one(call: Call) -> Answer:
    table = tables.reached(call.lab, call.parts["tableName"])
    row = writes.readable(call, table, call.parts["sys_id"])
    return Answer(result=shape.record(call, table, row, shape.look_of(call, table)))


def _insert(call: Call) -> Answer:
    table = tables.reached(call.lab, call.parts["tableName"])
    given = body.record(call.incoming, malformed=call.lab.switches.current.malformed_json)
    row = writes.insert(call, table, body.stored(call, table, given))
    location = f"{call.incoming.base_url}/api/now/table/{table}/{row['sys_id']}"
    look = shape.look_of(call, table)
    result = shape.record(call, table, row, look) if call.acl.may("read", table, row) else {}
    return Answer(201, result, (("Location", location),))


def _update(call: Call) -> Answer:
    table = tables.reached(call.lab, call.parts["tableName"])
    given = body.record(call.incoming, malformed=call.lab.switches.current.malformed_json)
    row = writes.update(call, table, call.parts["sys_id"], body.stored(call, table, given))
    look = shape.look_of(call, table)
    return Answer(result=shape.record(call, table, row, look) if call.acl.may("read", table, row) else {})


def _delete(call: Call) -> Answer:
    writes.delete(call, tables.reached(call.lab, call.parts["tableName"]), call.parts["sys_id"])
    return Answer(204)


ENDPOINTS = (
    Endpoint(TABLE, "/now/table/{tableName}", {"GET": _list, "POST": _insert}),
    Endpoint(
        TABLE,
        "/now/table/{tableName}/{sys_id}",
        {"GET": _one, "PUT": _update, "PATCH": _update, "DELETE": _delete},
    ),
)
