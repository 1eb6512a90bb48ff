"""What happens in bank accounts after the start, as a test or a demo enters it (pure)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from simulator.activity import HISTORY_END
from simulator.plaid_banking import Change, Line, pending_shape, posted_changes, transaction_shape

ACTS = ("added", "pending", "posted", "cancelled", "modified", "removed")


@dataclass(frozen=True, slots=True)
class Entry:
    """One act on one line of an account; `reference` names the line over its life."""

    account: str
    act: str
    reference: str
    line: Line

    def changes(self, account_id: str) -> list[Change]:
        match self.act:
            case "pending":
                return [Change("added", pending_shape(account_id, self.reference, self.line))]
            case "posted":
                return posted_changes(account_id, self.reference, self.line)
            case "cancelled":
                return [Change("removed", pending_shape(account_id, self.reference, self.line))]
            case _:
                return [Change(self.act, transaction_shape(account_id, self.reference, self.line))]


@dataclass(slots=True)
class BankBook:
    """All entries, oldest first; a line is known by the reference that its first entry got."""

    entries: list[Entry] = field(default_factory=list)
    lines: dict[str, Line] = field(default_factory=dict)

    def enter(self, account: str, act: str, fields: Mapping[str, Any]) -> str:
        """Write an act down and return the line's reference.

        Raises:
            ValueError: The act is unknown, it is about an unknown line, or a field is not what it should be.
        """
        if act not in ACTS:
            raise ValueError(f"unknown act {act!r}; one of {', '.join(ACTS)}")
        reference = str(fields.get("reference") or f"new-{len(self.entries)}")
        before = self.lines.get(reference)
        if before is None and act not in {"added", "pending"}:
            raise ValueError(f"no line {reference} was entered")
        line = _line(before, fields)
        self.lines[reference] = line
        self.entries.append(Entry(account, act, reference, line))
        return reference

    def document(self) -> list[dict[str, Any]]:
        return [asdict(entry) for entry in self.entries]

    def restore(self, kept: list[dict[str, Any]]) -> None:
        for shape in kept:
            line = _line(None, shape["line"])
            self.lines[shape["reference"]] = line
            self.entries.append(Entry(shape["account"], shape["act"], shape["reference"], line))


def _line(before: Line | None, fields: Mapping[str, Any]) -> Line:
    known = {} if before is None else asdict(before)
    told = known | {name: fields[name] for name in Line.__dataclass_fields__ if name in fields}
    return Line(
        day=date.fromisoformat(str(told.get("day", HISTORY_END))),
        name=str(told.get("name", "PURCHASE")),
        merchant=told.get("merchant"),
        primary=str(told.get("primary", "GENERAL_MERCHANDISE")),
        detailed=str(told.get("detailed", "GENERAL_MERCHANDISE_OTHER")),
        amount=Decimal(str(told.get("amount", "10"))),
    )
