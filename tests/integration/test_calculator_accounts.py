"""What is known of an account as a whole reaches the live values within seconds: duplicates, and its drift."""

from decimal import Decimal

from realtime.domain.reconciliation import DriftCause, Reconciliation
from realtime.store.duplicates import hold_accounts, say_same
from realtime.store.reconciliations import keep_reconciliation
from tests.integration.test_calculator import NOON, Desk, desk, price
from tests.support.books import add_account, add_instrument, add_user, hold

__all__ = ["desk"]


async def test_an_account_that_is_another_one_leaves_the_portfolio(desk: Desk) -> None:
    """Ensure that the total counts it once, that it keeps its own value, and that it comes back."""
    user_id = await add_user(desk.pool)
    first, second = await add_account(desk.pool, user_id), await add_account(desk.pool, user_id)
    stock, other = [await add_instrument(desk.pool, symbol) for symbol in ("AAPL", "MSFT")]
    await hold(desk.pool, first, {stock: "10"})
    await hold(desk.pool, second, {stock: "10", other: "1"})
    await desk.send(price(stock, "101.50"), price(other, "50.25"))
    async with desk.calculator(), desk.reader(user_id) as reader:
        await desk.watch(user_id)
        await desk.settled(reader, user_id)
        assert reader.states[None].figures.total_value == Decimal("2080.25")
        for same_as, total in ((second.id, {"1015.00", "1065.25"}), (None, {"2080.25"})):
            async with desk.pool.acquire() as database, database.transaction():
                await hold_accounts(database, user_id)
                await say_same(database, user_id, first.id, same_as)
            await desk.settled(reader, user_id)
            assert str(reader.states[None].figures.total_value) in total
            assert reader.states[first.id].figures.total_value == Decimal("1015.00")
            marks = {reader.states[each.id].figures.duplicate_of for each in (first, second)}
            assert (None in marks, len(marks)) == (True, 1 if same_as is None else 2)


async def test_a_drift_is_told_with_the_account(desk: Desk) -> None:
    """Ensure that a comparison is in the account's figures as soon as it is stored, and not in the portfolio's."""
    user_id = await add_user(desk.pool)
    account = await add_account(desk.pool, user_id)
    stock = await add_instrument(desk.pool, "AAPL")
    await hold(desk.pool, account, {stock: "10"})
    found = Reconciliation(
        "USD", Decimal(1015), Decimal(900), Decimal(115), DriftCause.TRADE_TODAY, marked=True, since=NOON
    )
    async with desk.calculator(), desk.reader(user_id) as reader:
        await desk.watch(user_id)
        await desk.settled(reader, user_id)
        async with desk.pool.acquire() as database, database.transaction():
            assert await keep_reconciliation(database, account.uuid, found)
        await desk.settled(reader, user_id)
        assert reader.states[account.id].figures.reconciliation == found
        assert reader.states[None].figures.reconciliation is None
        async with desk.pool.acquire() as database, database.transaction():
            assert not await keep_reconciliation(database, account.uuid, found._replace(since=NOON))
