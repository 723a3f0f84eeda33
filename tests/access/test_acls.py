"""Who may do what on a table, by ACLs and roles alone."""

from __future__ import annotations

from snowkit.access.acls import Right, on_field, on_table
from snowkit.access.records import Acl

CHAIN = ("sn_customerservice_case", "task")


def acl(name: str, *roles: str, operation: str = "read", **more: object) -> Acl:
    return Acl(name, name, operation, roles=frozenset(roles), **more)  # type: ignore[arg-type]


def right(*acls: Acl, roles: frozenset[str] = frozenset({"agent"})) -> Right:
    return on_table(acls, roles, CHAIN, "read").right


def test_the_nearest_name_decides() -> None:
    """An ACL of the table itself shadows its parent's."""
    assert right(acl("sn_customerservice_case", "boss"), acl("task", "agent")) is Right.NO
    assert right(acl("task", "agent"), acl("*", "boss")) is Right.YES


def test_one_of_several_is_enough() -> None:
    """At one name, passing any ACL is enough."""
    assert right(acl("task", "boss"), acl("task", "agent")) is Right.YES


def test_an_empty_acl_denies_everyone() -> None:
    """An ACL without role, condition and script lets nobody through but, by override, an administrator."""
    assert right(acl("task")) is Right.NO
    assert right(acl("task"), roles=frozenset({"admin"})) is Right.YES


def test_a_script_is_not_guessed() -> None:
    """What a script decides stays undecided, unless another ACL passes."""
    scripted = acl("task", script="answer = true;")
    assert right(scripted) is Right.UNDECIDED
    assert right(scripted, acl("task", "agent")) is Right.YES


def test_a_condition_opens_some_rows() -> None:
    """An ACL with a condition opens the rows that it names."""
    judged = on_table([acl("task", "agent", condition="active=true")], frozenset({"agent"}), CHAIN, "read")
    assert (judged.right, judged.conditions) == (Right.SOME, frozenset({"active=true"}))


def test_no_acl_decides_nothing() -> None:
    """Without any matching ACL the instance's default decides, which is not known here."""
    assert (
        right(acl("task", "agent", operation="write"), acl("task", "agent", active=False)) is Right.UNDECIDED
    )


def test_a_deny_unless_acl_decides_nothing_here() -> None:
    """A deny-unless ACL keeps the judgement open."""
    assert right(acl("task", "agent", decision="deny")) is Right.UNDECIDED


def test_fields_follow_the_documented_order() -> None:
    """A field's own ACL comes before the parent's, the wildcard table's and the wildcard field's."""
    acls = [acl("task.*", "agent"), acl("task.number", "boss"), acl("*.*", "agent")]
    assert on_field(acls, frozenset({"agent"}), CHAIN, "number", "read").right is Right.NO
    assert on_field(acls, frozenset({"agent"}), CHAIN, "state", "read").decided_by == "task.*"
    assert on_field([], frozenset(), CHAIN, "state", "read").right is Right.YES
