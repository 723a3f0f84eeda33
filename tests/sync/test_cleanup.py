"""Cleaning deletes what bears a tag of ours, nothing else, and never calls hidden records gone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx
import pytest
from pytest_httpx import HTTPXMock

from snowkit.engine.finding import Verdict
from snowkit.errors import InstanceError
from snowkit.instance.identity import Tokens
from snowkit.instance.oauth import OAuthClient
from snowkit.instance.session import Login, Session
from snowkit.journal import Entry, Journal
from snowkit.pack.load import load
from snowkit.sync.cleanup import remove

URL = "https://dev1.service-now.com"
CASES = "sn_customerservice_case"
ROWS = "sys_journal_field"
TAG = "snowkit-canary-0123456789ab"
OTHER = "snowkit-canary-ba9876543210"
GONE = {"error": {"message": "No Record found", "detail": ""}, "status": "failure"}

Rows = dict[str, list[dict[str, str]]]


class Instance:
    """Answers lists without heeding their conditions, as an instance does that drops clauses."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.deleted: list[str] = []
        self.undeletable: set[str] = set()
        self.hidden: set[str] = set()
        self.refused: set[str] = set()
        """Tables whose lists are refused."""
        self.busy = 0
        """How many deletions are answered 502 before the instance recovers."""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        parts = urlsplit(str(request.url)).path.split("/")
        table, sys_id = ("sys_attachment", parts[4:5]) if "attachment" in parts else (parts[4], parts[5:6])
        if not sys_id and table in self.refused:
            return httpx.Response(
                403, json={"error": {"message": "User Not Authorized"}, "status": "failure"}
            )
        if not sys_id:
            found = self.rows.get(table, [])
            shown = [row for row in found if row["sys_id"] not in self.hidden]
            return httpx.Response(200, json={"result": shown}, headers={"X-Total-Count": str(len(found))})
        here = [row for row in self.rows.get(table, []) if row["sys_id"] == sys_id[0]]
        if request.method == "DELETE" and self.busy:
            self.busy -= 1
            return httpx.Response(502, html="<h1>Bad Gateway</h1>")
        if request.method == "DELETE" and here and sys_id[0] not in self.undeletable:
            self.rows[table].remove(here[0])
            self.deleted.append(sys_id[0])
            return httpx.Response(204)
        if request.method == "DELETE" and here:
            words = {"message": "Operation Failed", "detail": "ACL Exception Delete Failed"}
            return httpx.Response(403, json={"error": words, "status": "failure"})
        if here and sys_id[0] not in self.hidden:
            return httpx.Response(200, json={"result": here[0]})
        return httpx.Response(404, json=GONE)


def case(letter: str, words: str) -> dict[str, str]:
    return {"sys_id": letter * 32, "number": f"CS000{letter}", "short_description": words}


@pytest.fixture
async def session() -> AsyncIterator[Session]:
    tokens = Tokens(access_token="t", expires_at=float("inf"))
    login = Login(
        URL,
        OAuthClient("id", "s", "http://127.0.0.1:1/c"),
        tokens,
        inspector_user="u",
        inspector_password="p",
    )
    async with Session(login) as made:
        yield made


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.jsonl")


def serve(httpx_mock: HTTPXMock, rows: Rows) -> Instance:
    instance = Instance(rows)
    httpx_mock.add_callback(instance, is_reusable=True, is_optional=True)
    return instance


async def test_foreign_rows_survive_a_dropped_condition(
    httpx_mock: HTTPXMock, session: Session, journal: Journal
) -> None:
    """The instance returns every case whatever was asked: only the run's own is deleted."""
    rows = {
        CASES: [
            case("a", f"{TAG} made by snowkit"),
            case("b", "Customer's printer"),
            case("c", f"{OTHER} of another run"),
            case("d", "snowkit-canary-not-a-tag"),
            case("e", f"about {TAG}"),
            case("f", f"{TAG}0 longer"),
        ],
        "sys_attachment": [
            {"sys_id": "1" * 32, "file_name": f"{TAG}.txt"},
            {"sys_id": "2" * 32, "file_name": "invoice.pdf"},
        ],
        "sys_journal_field": [{"sys_id": "3" * 32, "element_id": "b" * 32}],
    }
    instance = serve(httpx_mock, rows)
    removed = await remove(session, load(), journal, TAG)
    assert instance.deleted == ["1" * 32, "a" * 32]
    assert removed.left == ()
    assert removed.outcome().verdict is Verdict.MET


async def test_strays_of_every_run_are_found_by_their_tag(
    httpx_mock: HTTPXMock, session: Session, journal: Journal
) -> None:
    """Without a tag all that bear any are removed, still nothing that merely resembles one."""
    rows = {CASES: [case("a", TAG), case("b", f"{OTHER} x"), case("c", "snowkit-canary-")]}
    instance = serve(httpx_mock, rows)
    await remove(session, load(), journal)
    assert instance.deleted == ["a" * 32, "b" * 32]


async def test_what_may_not_be_deleted_is_named_and_stays_in_the_journal(
    httpx_mock: HTTPXMock, session: Session, journal: Journal
) -> None:
    """A refused deletion is a gap that names the record, and the journal does not forget it."""
    journal.write(Entry(URL, CASES, TAG, "a" * 32))
    instance = serve(httpx_mock, {CASES: [case("a", TAG)]})
    instance.undeletable.add("a" * 32)
    outcome = (await remove(session, load(), journal, TAG)).outcome()
    assert (outcome.verdict, outcome.cause) == (Verdict.GAP, "cleanup")
    assert "a" * 32 in outcome.summary
    assert [entry.sys_id for entry in journal.left(URL)] == ["a" * 32]


@pytest.mark.parametrize(
    ("busy", "verdict", "forgotten"), [(2, Verdict.MET, True), (3, Verdict.UNKNOWN, False)]
)
async def test_a_busy_instance_is_asked_again_to_delete(
    httpx_mock: HTTPXMock,
    session: Session,
    journal: Journal,
    monkeypatch: pytest.MonkeyPatch,
    busy: int,
    verdict: Verdict,
    forgotten: bool,
) -> None:
    """A deletion may be repeated; one that is never answered leaves the verdict open and the record named."""

    async def at_once(seconds: float) -> None:
        """Nothing happens in the time that is not waited for."""

    monkeypatch.setattr("snowkit.sync.cleanup.asyncio.sleep", at_once)
    journal.write(Entry(URL, CASES, TAG, "a" * 32))
    serve(httpx_mock, {CASES: [case("a", TAG)]}).busy = busy
    outcome = (await remove(session, load(), journal, TAG)).outcome()
    assert outcome.verdict is verdict
    assert "a" * 32 in outcome.summary
    assert (journal.left(URL) == ()) is forgotten


async def test_hidden_records_are_not_gone(httpx_mock: HTTPXMock, session: Session, journal: Journal) -> None:
    """An inspector that sees no row, where the count says there are some, proves nothing."""
    journal.write(Entry(URL, CASES, TAG, "a" * 32))
    serve(httpx_mock, {CASES: [case("a", TAG)]}).hidden.add("a" * 32)
    with pytest.raises(InstanceError, match="hidden"):
        await remove(session, load(), journal, TAG)
    assert len(journal.left(URL)) == 1


async def test_a_foreign_row_does_not_vouch_for_hidden_ones(
    httpx_mock: HTTPXMock, session: Session, journal: Journal
) -> None:
    """A visible row of a customer's beside a hidden one: what is hidden may be ours."""
    rows = {CASES: [case("a", TAG), case("b", "snowkit-canary-not-a-tag")]}
    serve(httpx_mock, rows).hidden.add("a" * 32)
    with pytest.raises(InstanceError, match="hidden"):
        await remove(session, load(), journal)


@pytest.mark.parametrize("how", ["refused", "hidden"])
async def test_journal_rows_that_are_not_shown_leave_it_open(
    httpx_mock: HTTPXMock, session: Session, journal: Journal, how: str
) -> None:
    """A case's journal cannot be searched whole: unknown, its place named, and the next cleaning finishes it."""
    journal.write(Entry(URL, CASES, TAG, "a" * 32))
    journal_rows = [{"sys_id": letter * 32, "element_id": "a" * 32} for letter in "45"]
    instance = serve(httpx_mock, {CASES: [case("a", TAG)], ROWS: journal_rows})
    hiding = instance.refused if how == "refused" else instance.hidden
    hiding.add(ROWS if how == "refused" else "4" * 32)
    outcome = (await remove(session, load(), journal, TAG)).outcome()
    assert (outcome.verdict, outcome.cause) == (Verdict.UNKNOWN, "cleanup")
    assert f"{ROWS} with element_id={'a' * 32}" in outcome.summary
    assert [entry.sys_id for entry in journal.left(URL)] == ["a" * 32]
    hiding.clear()
    assert (await remove(session, load(), journal)).outcome().verdict is Verdict.MET
    assert instance.rows[ROWS] == []
    assert journal.left(URL) == ()


async def test_a_comment_whose_row_nobody_saw_leaves_it_open(
    httpx_mock: HTTPXMock, session: Session, journal: Journal
) -> None:
    """A comment was written and only a customer's own journal row is shown: the comment's row may be left."""
    journal.write(Entry(URL, CASES, TAG, "a" * 32))
    journal.write(Entry(URL, ROWS, TAG))
    foreign = {"sys_id": "4" * 32, "element_id": "a" * 32, "element": "work_notes", "value": "assigned"}
    instance = serve(httpx_mock, {CASES: [case("a", TAG)], ROWS: [foreign]})
    outcome = (await remove(session, load(), journal, TAG)).outcome()
    assert outcome.verdict is Verdict.UNKNOWN
    assert f"{ROWS} with element_id={'a' * 32}" in outcome.summary
    assert {entry.table for entry in journal.left(URL)} == {CASES, ROWS}
    comment = {"sys_id": "5" * 32, "element_id": "a" * 32, "element": "comments", "value": f"{TAG} comment"}
    instance.rows[ROWS].append(comment)
    assert (await remove(session, load(), journal)).outcome().verdict is Verdict.MET
    assert instance.deleted == ["a" * 32, "4" * 32, "5" * 32]
    assert journal.left(URL) == ()


async def test_a_comment_that_the_integration_saw_is_asked_for(
    httpx_mock: HTTPXMock, session: Session, journal: Journal
) -> None:
    """The list does not bring the row that was noted, but it is still read: it is left, and stays noted."""
    journal.write(Entry(URL, CASES, TAG, "a" * 32))
    journal.write(Entry(URL, ROWS, TAG, "4" * 32))
    serve(httpx_mock, {CASES: [case("a", TAG)], ROWS: [{"sys_id": "4" * 32, "element_id": "moved"}]})
    outcome = (await remove(session, load(), journal, TAG)).outcome()
    assert outcome.verdict is Verdict.GAP
    assert "4" * 32 in outcome.summary
    assert {entry.sys_id for entry in journal.left(URL)} == {"a" * 32, "4" * 32}


async def test_a_record_of_the_journal_that_is_already_gone_is_settled(
    httpx_mock: HTTPXMock, session: Session, journal: Journal
) -> None:
    """Neither identity finds it: the journal says so, and nothing is left."""
    journal.write(Entry(URL, CASES, TAG, "a" * 32))
    serve(httpx_mock, {CASES: []})
    removed = await remove(session, load(), journal)
    assert (removed.gone, removed.left) == ((), ())
    assert journal.left(URL) == ()


async def test_a_list_that_is_refused_is_not_an_empty_one(
    httpx_mock: HTTPXMock, session: Session, journal: Journal
) -> None:
    """Where cases cannot be listed nothing is claimed."""
    words = {"message": "User Not Authorized", "detail": "Failed API level ACL Validation"}
    httpx_mock.add_response(status_code=403, json={"error": words}, is_reusable=True)
    with pytest.raises(InstanceError, match="User Not Authorized"):
        await remove(session, load(), journal)


async def test_nobody_deletes_without_an_inspector(httpx_mock: HTTPXMock, journal: Journal) -> None:
    """The integration never deletes, not even its own canary."""
    tokens = Tokens(access_token="t", expires_at=float("inf"))
    async with Session(Login(URL, OAuthClient("id", "s", "http://127.0.0.1:1/c"), tokens)) as session:
        with pytest.raises(InstanceError, match="inspector"):
            await remove(session, load(), journal)
    assert httpx_mock.get_requests() == []


async def test_queries_name_the_tag(httpx_mock: HTTPXMock, session: Session, journal: Journal) -> None:
    """A run asks for its own tag, so that an instance that heeds conditions shows it nothing else."""
    serve(httpx_mock, {CASES: [case("a", TAG)], "sys_attachment": []})
    await remove(session, load(), journal, TAG)
    lists = [unquote(str(request.url)) for request in httpx_mock.get_requests() if request.method == "GET"]
    assert f"short_descriptionSTARTSWITH{TAG}" in lists[0]
    assert f"table_sys_idIN{'a' * 32}" in lists[1]
