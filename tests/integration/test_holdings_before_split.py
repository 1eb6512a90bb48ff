"""Answers of providers that have not booked a split yet."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from realtime.domain.corporate_action import Split
from realtime.store.corporate_actions import write_corporate_actions
from realtime.store.pool import Pool
from tests.support.books import add_account, add_instrument, add_user, hold

EX_DATE = date(2026, 11, 20)
EFFECT = datetime(2026, 11, 20, 9, tzinfo=UTC)
BEFORE = EFFECT - timedelta(hours=10)


@pytest.mark.parametrize(
    ("quantity", "after", "kept"),
    [
        ("10", timedelta(hours=5), True),
        ("10", timedelta(days=6), True),
        ("10", timedelta(days=8), False),
        ("40", timedelta(hours=5), False),
        ("9", timedelta(hours=5), False),
        ("10", -timedelta(hours=1), False),
    ],
)
async def test_the_old_quantity_is_from_before_the_split(
    pool: Pool, quantity: str, after: timedelta, kept: bool
) -> None:
    """Whenever it was read, for a week; a new quantity, a traded one, one read before it are as told."""
    account = await add_account(pool, await add_user(pool))
    stock, other = await add_instrument(pool, "NVDA"), await add_instrument(pool, "KO")
    await write_corporate_actions(pool, [Split(stock, EX_DATE, Decimal(4))])
    await hold(pool, account, {stock: "10", other: "5"}, as_of=BEFORE)
    read_at = EFFECT + after
    for _ in range(2):
        await hold(pool, account, {stock: quantity, other: "5"}, as_of=read_at)
        as_of = await pool.fetchval("select holdings_as_of from accounts where id = $1", account.uuid)
        assert as_of == (BEFORE if kept else read_at)


async def test_without_a_split_an_unchanged_quantity_is_new(pool: Pool) -> None:
    account = await add_account(pool, await add_user(pool))
    stock = await add_instrument(pool, "NVDA")
    await hold(pool, account, {stock: "10"}, as_of=BEFORE)
    await hold(pool, account, {stock: "10"}, as_of=EFFECT)
    assert await pool.fetchval("select holdings_as_of from accounts where id = $1", account.uuid) == EFFECT
