import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from api.aggregated import aggregated
from realtime.contract.messages import Revision, SubjectState
from realtime.domain.account import AccountId, ConnectionId
from realtime.domain.asset_class import AssetClass
from realtime.domain.instrument import InstrumentId
from realtime.domain.price import PriceSource
from realtime.domain.value import Contribution, Figures, Position
from realtime.store.portfolio import LinkedAccount, ReportedTransaction

AS_OF = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
IRA, MARGIN = AccountId("plaid_1"), AccountId("snaptrade_2")


def figures(total: str) -> Figures:
    return Figures(
        market_value=Decimal(total), cash=Decimal(0), total_value=Decimal(total), cost_basis=None,
        unrealized_gain=None, unrealized_gain_pct=None, day_change=None, day_change_pct=None, live_coverage=None,
        stale_since=None, stale_count=0, unpriced_count=1, uncosted_count=2, estimated_value=Decimal(0),
        positions_count=1, currency="USD", session="regular", holdings_as_of=None,
    )  # fmt: skip


def position(symbol: str, value: str | None, parts: list[tuple[AccountId, str]]) -> Position:
    return Position(
        instrument=InstrumentId(symbol), symbol=symbol, name=symbol, asset_class=AssetClass.EQUITY,
        quantity=Decimal("1.5"), multiplier=Decimal(1), price=Decimal("10.10"), price_time=AS_OF,
        price_source=PriceSource.TRADE, stale=False, previous_close=None, previous_close_date=None, currency="USD",
        fx_rate=Decimal(1), market_value=None if value is None else Decimal(value), cost_basis=None, average_cost=None,
        unrealized_gain=None, unrealized_gain_pct=None, day_change=Decimal("0.10"), day_change_pct=None,
        unpriced_reason="no_price" if value is None else None,
        contributions=tuple(
            Contribution(account, institution, Decimal("0.75"), None if value is None else Decimal(value) / len(parts))
            for account, institution in parts
        ),
    )  # fmt: skip


def account(account_id: AccountId, provider: str, institution: str) -> LinkedAccount:
    return LinkedAccount(
        id=account_id, name="IRA", institution=institution, institution_id=None, provider=provider,
        provider_account_id="p1", account_type="investment", subtype="ira", mask="1234", currency="USD",
        connection_id=ConnectionId("c"), provider_total=Decimal("99.99"), last_synced_at=AS_OF,
    )  # fmt: skip


def state(total: str, *positions: Position) -> SubjectState:
    return SubjectState(Revision(1, 1), AS_OF, figures(total), {row.instrument: row for row in positions})


def portfolio() -> dict[str, Any]:
    """The JSON that a client gets for two accounts, of which one has a live value."""
    transaction = ReportedTransaction(
        id="t1", account_id=IRA, symbol="BIG", kind="buy", quantity=Decimal(3), price=Decimal("9.99"),
        amount=Decimal("-29.97"), currency="USD", trade_date=date(2026, 11, 19), description="Bought",
    )  # fmt: skip
    answer = aggregated(
        state(
            "1300.30",
            position("SHORT", "-50.00", [(IRA, "Fidelity")]),
            position("NONE", None, [(IRA, "Fidelity")]),
            position("BIG", "1234.50", [(MARGIN, "Vanguard"), (IRA, "Fidelity")]),
        ),
        {IRA: state("512.25")},
        [account(IRA, "plaid", "Fidelity"), account(MARGIN, "snaptrade", "Vanguard")],
        [transaction],
        live=True,
    )
    read: dict[str, Any] = json.loads(answer.model_dump_json())
    return read


def test_positions_come_by_value_and_unpriced_ones_last() -> None:
    """Ensure that an unknown value is neither zero nor in front."""
    read = portfolio()
    assert [row["symbol"] for row in read["positions"]] == ["BIG", "SHORT", "NONE"]
    assert read["positions"][-1]["total_market_value"] is None
    assert read["positions"][-1]["unpriced_reason"] == "no_price"
    assert read["metadata"]["unpriced_count"] == 1


def test_amounts_are_numbers_to_the_cent() -> None:
    """Ensure that amounts are JSON numbers, not text."""
    read = portfolio()
    assert read["total_value"] == 1300.30
    assert read["positions"][0]["total_market_value"] == 1234.50
    assert read["positions"][0]["unrealized_gain_loss"] is None


def test_position_names_its_accounts_and_institutions() -> None:
    """Ensure the per-account breakdown of the contract."""
    [big, *_] = portfolio()["positions"]
    assert big["institutions"] == ["Fidelity", "Vanguard"]
    assert big["accounts"][0] == {
        "account_id": MARGIN,
        "quantity": 0.75,
        "market_value": 617.25,
        "institution": "Vanguard",
    }


def test_balance_is_live_or_else_the_providers() -> None:
    """Ensure that an account without a live value shows what its provider said."""
    assert [row["balance"] for row in portfolio()["accounts"]] == [512.25, 99.99]


def test_metadata_and_transactions() -> None:
    """Ensure the rest of the contract."""
    read = portfolio()
    assert read["metadata"] == {
        "last_updated": "2026-11-20T15:00:00Z",
        "live": True,
        "currency": "USD",
        "providers": ["plaid", "snaptrade"],
        "account_count": 2,
        "unpriced_count": 1,
    }
    assert read["transactions"][0] | {"type": "buy", "amount": -29.97, "date": "2026-11-19"} == read["transactions"][0]
