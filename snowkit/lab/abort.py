"""How a before rule's refusal travels from the script to whoever asked for the write."""

from __future__ import annotations


class Aborted(Exception):
    """A before rule stopped the write; `stack` names the rules that were at work, outermost first."""

    def __init__(self, table: str, rule_name: str, rule_id: str, stack: tuple[str, ...]) -> None:
        super().__init__(f"The business rule {rule_name} on {table} aborted the action.")
        self.table = table
        self.rule_name = rule_name
        self.rule_id = rule_id
        self.stack = stack
