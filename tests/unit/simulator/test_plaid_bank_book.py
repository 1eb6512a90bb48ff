"""Bank lines as they are entered by hand."""

import json

import pytest

from simulator.plaid_bank_book import BankBook


def test_a_line_keeps_its_reference_over_its_life() -> None:
    """A posted line names its pending one; what is modified keeps what is not said anew."""
    book = BankBook()
    coffee = book.enter("ada-checking", "pending", {"name": "COFFEE", "amount": "4.20", "day": "2026-11-19"})
    book.enter("ada-checking", "posted", {"reference": coffee, "amount": "5"})
    book.enter("ada-checking", "modified", {"reference": coffee, "merchant": "Deli"})
    pending, posted, modified = (entry.changes("acc") for entry in book.entries)
    assert [change.kind for change in (*pending, *posted, *modified)] == ["added", "removed", "added", "modified"]
    assert posted[1].transaction["pending_transaction_id"] == pending[0].transaction["transaction_id"]
    last = modified[0].transaction
    assert (last["name"], last["amount"], last["merchant_name"], last["date"]) == ("COFFEE", 5.0, "Deli", "2026-11-19")


def test_a_kept_book_is_the_same_book() -> None:
    """A simulator that restarts with its file goes on where it was."""
    book, restored = BankBook(), BankBook()
    hotel = book.enter("ada-checking", "pending", {"name": "HOTEL", "amount": "300"})
    restored.restore(json.loads(json.dumps(book.document(), default=str)))
    assert restored.entries == book.entries
    restored.enter("ada-checking", "cancelled", {"reference": hotel})
    assert [change.kind for change in restored.entries[-1].changes("acc")] == ["removed"]


@pytest.mark.parametrize(
    ("act", "fields"),
    [("stolen", {}), ("posted", {}), ("removed", {"reference": "nobody's"}), ("added", {"day": "yesterday"})],
)
def test_what_cannot_be_is_refused(act: str, fields: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"unknown act|no line|Invalid isoformat"):
        BankBook().enter("ada-checking", act, fields)
