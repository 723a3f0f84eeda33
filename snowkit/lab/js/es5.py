"""Says whether ES5 Standards mode takes a script: the first construct of it that came with a later ECMAScript.

source: scripts/c_JS_modes, javascript-engine-feature-support: plain `const` is supported in ES5 mode, `let`, arrow
functions, template literals, classes, spread, destructuring and the rest below are not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_LATER = {
    "arrow_function": "arrow function",
    "template_string": "template literal",
    "class_declaration": "class",
    "class": "class",
    "spread_element": "spread",
    "rest_pattern": "rest parameter",
    "object_pattern": "destructuring",
    "array_pattern": "destructuring",
    "assignment_pattern": "default parameter",
    "shorthand_property_identifier": "shorthand property",
    "computed_property_name": "computed property",
    "optional_chain": "optional chaining",
    "generator_function": "generator",
    "generator_function_declaration": "generator",
    "await_expression": "await",
    "yield_expression": "yield",
    "meta_property": "new.target",
    "import_statement": "import",
    "export_statement": "export",
}
_LATER_OPERATORS = {
    "**": "exponentiation",
    "**=": "exponentiation",
    "??": "nullish coalescing",
} | dict.fromkeys(("??=", "||=", "&&="), "logical assignment")
_LATER_NUMBERS = ("0b", "0o")


@dataclass(frozen=True, slots=True)
class Later:
    """A construct that ES5 has not; line and column count from 1."""

    construct: str
    line: int
    column: int


@lru_cache(maxsize=512)
def first(script: str) -> Later | None:
    """Return the first construct of a script that ES5 mode refuses; None where there is none.

    A script that no version of the language takes is not judged: the engine says what is wrong with it.
    """
    waiting = [_parser().parse(script.encode("utf-8", "replace")).root_node]
    while waiting:
        node = waiting.pop()
        if construct := _construct(node):
            row, byte = node.start_point
            line = script.split("\n")[row].encode("utf-8", "replace")
            return Later(construct, row + 1, len(line[:byte].decode("utf-8", "replace")) + 1)
        waiting.extend(reversed(node.children))
    return None


def _construct(node: Node) -> str:
    """Return the name of what makes a node later than ES5; empty where nothing does."""
    if node.is_named and node.type in _LATER:
        return _LATER[node.type]
    text = (node.text or b"").decode("utf-8", "replace")
    if not node.is_named:
        return "async function" if node.type == "async" else _LATER_OPERATORS.get(node.type, "")
    judge = _JUDGES.get(node.type)
    construct, later = judge(node, text) if judge else ("", False)
    return construct if later else ""


_JUDGES: dict[str, Callable[[Node, str], tuple[str, bool]]] = {
    "lexical_declaration": lambda node, text: ("let", text.startswith("let")),
    "for_in_statement": lambda node, text: ("for of", any(child.type == "of" for child in node.children)),
    "method_definition": lambda node, text: ("shorthand method", node.children[0].type not in ("get", "set")),
    "number": lambda node, text: (
        "number literal",
        text[:2].lower() in _LATER_NUMBERS or text.endswith("n") or "_" in text,
    ),
    "regex_flags": lambda node, text: ("regular expression flag", bool(set(text) & set("yusdv"))),
    "catch_clause": lambda node, text: (
        "catch without a parameter",
        node.child_by_field_name("parameter") is None,
    ),
}


@cache
def _parser() -> Parser:
    # Most labs run no script at all.
    import tree_sitter  # noqa: PLC0415
    import tree_sitter_javascript  # noqa: PLC0415

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_javascript.language()))
