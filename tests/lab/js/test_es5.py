"""ES5 mode refuses what came after ES5, and takes what is ES5."""

from __future__ import annotations

import pytest

from snowkit.lab.js.es5 import Later, first


@pytest.mark.parametrize(
    ("script", "construct"),
    [
        ("let a = 1;", "let"),
        ("f(function () {}, () => 1);", "arrow function"),
        ("gs.info(`a`);", "template literal"),
        ("class A {}", "class"),
        ("f(...a);", "spread"),
        ("function f(...a) {}", "rest parameter"),
        ("function f(a = 1) {}", "default parameter"),
        ("var {a} = b;", "destructuring"),
        ("var o = {a};", "shorthand property"),
        ("var o = {a() {}};", "shorthand method"),
        ("var o = {[a]: 1};", "computed property"),
        ("for (var a of b) {}", "for of"),
        ("a?.b;", "optional chaining"),
        ("a ?? b;", "nullish coalescing"),
        ("a ||= b;", "logical assignment"),
        ("a ** b;", "exponentiation"),
        ("async function f() {}", "async function"),
        ("function* f() {}", "generator"),
        ("0b1;", "number literal"),
        ("10n;", "number literal"),
        ("/a/u.test(b);", "regular expression flag"),
        ("try {} catch {}", "catch without a parameter"),
    ],
)
def test_a_later_construct_is_found_where_it_stands(script: str, construct: str) -> None:
    """Each construct of the documented table, on the second line."""
    found = first("var before;\n" + script)
    assert found is not None
    assert (found.construct, found.line) == (construct, 2)


@pytest.mark.parametrize(
    "script",
    [
        "const a = 1;",
        "var o = {get a() { return 1; }, set a(v) {}, 'class': 1, let: 2};",
        "// let a = `b`\n'() => 1'; /* class A {} */",
        "for (var a in b) { try { c(); } catch (e) { throw e; } finally {} }",
        "(function executeRule(current, previous) { current.x = /a/gim; })(current, previous);",
        "'a'.startsWith('a');",
        "",
    ],
)
def test_what_is_es5_is_taken(script: str) -> None:
    """Comments and texts are not code, and plain const is documented as supported."""
    assert first(script) is None


def test_the_column_counts_characters() -> None:
    """A letter of two bytes before it does not move it."""
    assert first("'\u00e9'; let a;") == Later("let", 1, 6)
