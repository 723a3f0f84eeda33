"""The Account, Contact and Consumer APIs: short lists and single records with plain references.

source: rest_behaviour 2.2 and 2.3. Accounts are only read; contacts and consumers can be created too.
"""

from __future__ import annotations

from snowkit.lab.rest import body, queries, shape, writes
from snowkit.lab.rest.apis import ACCOUNT, CONSUMER, CONTACT, Api, Endpoint, Handler
from snowkit.lab.rest.call import Answer, Call
from snowkit.lab.rest.case import plain_names

_LIMIT = 10


def _lists(table: str) -> Handler:
    def answer(call: Call) -> Answer:
        call = plain_names(call)
        query = queries.asked(call, table)
        limit, offset = call.count("sysparm_limit", _LIMIT), call.count("sysparm_offset", 0)
        rows = queries.page(call, table, query, limit, offset)
        look = shape.look_of(call, table, links=False)
        found = queries.headers(call, table, query, limit, offset)
        return Answer(result=[shape.record(call, table, row, look) for row in rows], headers=found)

    return answer


def _reads(table: str) -> Handler:
    def answer(call: Call) -> Answer:
        row = writes.readable(call, table, call.parts["id"])
        look = shape.look_of(plain_names(call), table, links=False)
        return Answer(result=shape.record(call, table, row, look))

    return answer


def _creates(table: str) -> Handler:
    def answer(call: Call) -> Answer:
        given = body.record(call.incoming, only_json=True, malformed=call.lab.switches.current.malformed_json)
        row = writes.insert(call, table, body.stored(call, table, given))
        return Answer(201, row["sys_id"])

    return answer


def _endpoints(api: Api, table: str, *, creates: bool) -> tuple[Endpoint, ...]:
    listed = {"GET": _lists(table)} | ({"POST": _creates(table)} if creates else {})
    return (
        Endpoint(api, f"/{api.path}", listed),
        Endpoint(api, f"/{api.path}/{{id}}", {"GET": _reads(table)}),
    )


ENDPOINTS = (
    *_endpoints(ACCOUNT, "customer_account", creates=False),
    *_endpoints(CONTACT, "customer_contact", creates=True),
    *_endpoints(CONSUMER, "csm_consumer", creates=True),
)
