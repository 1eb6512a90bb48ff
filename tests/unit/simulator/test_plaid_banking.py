"""Bank transactions and the cursor."""

import pytest

from simulator.plaid_banking import change_log, cursor_for, position_of
from simulator.plaid_errors import PlaidError


def test_the_log_replaces_a_pending_purchase() -> None:
    """Exactly one pending transaction is removed, and the posted one names it; one line is modified."""
    log = change_log(7, "ada-checking", "acc")
    removed = [change.transaction["transaction_id"] for change in log if change.kind == "removed"]
    posted = [
        change.transaction for change in log if change.kind == "added" and change.transaction["pending_transaction_id"]
    ]
    assert [one["pending_transaction_id"] for one in posted] == removed
    assert [one["pending"] for one in posted] == [False]
    modified = [change.transaction["transaction_id"] for change in log if change.kind == "modified"]
    assert modified == [log[0].transaction["transaction_id"]]


def test_wages_come_in_and_rent_goes_out() -> None:
    """Positive is money out, negative money in."""
    log = change_log(7, "ada-checking", "acc")
    signs = {change.transaction["name"]: change.transaction["amount"] > 0 for change in log}
    assert (signs["RENT PAYMENT"], signs["PAYROLL DIRECT DEP"]) == (True, False)


def test_cursors() -> None:
    """A cursor gives its position back; "" is the start; anything else is refused."""
    assert position_of(cursor_for(73)) == 73
    assert position_of("") == 0
    for bad in ("x", "AAAA", cursor_for(-1), "Y3Vyc29yOng="):
        with pytest.raises(PlaidError, match="INVALID_FIELD"):
            position_of(bad)
