"""What an account simulator remembers."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from simulator.holdings_state import HoldingsState
from simulator.kept_state import KeptFile, holdings_document, restore_holdings
from simulator.population import Population

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


def test_trades_survive_a_restart(tmp_path: Path) -> None:
    """Cash, holdings, spellings, activities and prices come back exactly as they were."""
    before = HoldingsState.start(Population(7), "plaid", NOW)
    before.set_holding("ada-brokerage", "KO", Decimal("1.123456789"), None, NOW)
    before.set_holding("ada-brokerage", "AAPL", Decimal(0), None, NOW)
    before.set_cash("ada-brokerage", "USD", Decimal("-12.34"), NOW)
    before.set_price("KO", Decimal("71.5"))
    KeptFile(tmp_path / "state.json", lambda: holdings_document(before)).save()
    after = HoldingsState.start(Population(7), "plaid", datetime(2026, 11, 21, tzinfo=UTC))
    kept = KeptFile(tmp_path / "state.json", dict).load()
    assert kept is not None
    restore_holdings(after, kept)
    assert after.accounts == before.accounts
    assert after.prices == before.prices


def test_nothing_is_kept_without_a_file_or_a_change(tmp_path: Path) -> None:
    documents = iter([{"a": 1}, {"a": 1}, {"a": 2}])
    path = tmp_path / "state.json"
    kept = KeptFile(path, lambda: next(documents))
    assert kept.load() is None
    kept.save()
    path.write_text("{}")
    kept.save()
    assert kept.load() == {}
    kept.save()
    assert kept.load() == {"a": 2}
    KeptFile(None, dict).save()
    assert KeptFile(None, dict).load() is None
