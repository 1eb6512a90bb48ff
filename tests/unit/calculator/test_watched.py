"""The float path equals the oracle to the cent, and updates on top of a snapshot equal a fresh snapshot."""

from dataclasses import fields
from datetime import timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from calculator.marks import Moved
from calculator.moment import Moment
from realtime.domain.account import UserId
from realtime.domain.holding import AccountHoldings
from realtime.domain.price import Price, PriceSource, supersedes
from realtime.domain.transaction import DayTrade, DayTrades
from realtime.domain.value import Figures, Position
from realtime.store.holdings import UserHoldings
from tests.unit.calculator.worlds import (
    DAY,
    IDS,
    OPEN,
    PREVIOUS_DAY,
    Mirror,
    States,
    account_id_of,
    applied,
    corporate_actions,
    holdings_of_user,
    nows,
    prices,
    provider_marks,
    told,
)

ADA, GRACE = UserId("ada"), UserId("grace")
USERS = (ADA, GRACE)
EVERYTHING = {user: frozenset([None, *(account_id_of(user, number) for number in range(3))]) for user in USERS}


def observe(mirror: Mirror, batch: list[Price]) -> Moved:
    for price in batch:
        old = mirror.prices.get(price.instrument_id)
        if old is None or supersedes(price, old) or price.instrument_id in mirror.doubted:
            mirror.doubted.discard(price.instrument_id)
            mirror.prices[price.instrument_id] = price
    return mirror.marks.observe(batch)


def differences(states: States, exact: States) -> list[str]:
    """Return what differs, by subject, instrument and field: shorter to read than two books."""
    found = [f"{key} is missing or too much" for key in states.keys() ^ exact.keys()]
    for key in states.keys() & exact.keys():
        mine, true = states[key], exact[key]
        found += [f"{key} {text}" for text in _fields(mine.figures, true.figures)]
        found += [f"{key} {row} is missing or too much" for row in mine.positions.keys() ^ true.positions.keys()]
        for row in mine.positions.keys() & true.positions.keys():
            found += [f"{key} {row} {text}" for text in _fields(mine.positions[row], true.positions[row])]
    return found


def _fields(mine: Figures | Position, true: Figures | Position) -> list[str]:
    pairs = [(field.name, getattr(mine, field.name), getattr(true, field.name)) for field in fields(mine)]
    return [f"{name}: {value!r}, exact {exact!r}" for name, value, exact in pairs if value != exact]


KINDS = ["prices", "holdings", "provider", "time", "board", "actions", "leave"]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_values_equal_the_oracle_after_every_change(data: st.DataObject) -> None:
    """Ensure every figure of every subject is exact to the cent, whatever changes, and that updates miss nothing."""
    mirror = Mirror.at(data.draw(nows))
    states = mirror.snapshot()
    for _ in range(data.draw(st.integers(1, 6))):
        moved, full, everybody = Moved(), set(), False
        match data.draw(st.sampled_from(KINDS)):
            case "prices":
                moved = observe(mirror, data.draw(st.lists(prices(), max_size=6)))
            case "holdings":
                user = data.draw(holdings_of_user(data.draw(st.sampled_from(USERS))))
                for key in mirror.watched.subject_ids(user.user_id) - {
                    None,
                    *(row.account_id for row in user.accounts),
                }:
                    del states[user.user_id, key]
                mirror.users[user.user_id] = user
                full = {user.user_id} if mirror.watched.put_user(user, EVERYTHING[user.user_id]) else set()
            case "provider":
                marks = data.draw(provider_marks)
                mirror.provider |= marks
                moved = mirror.marks.set_provider_prices(marks)
            case "time":
                mirror.now += timedelta(seconds=data.draw(st.integers(0, 90_000)))
                moment = Moment.at(mirror.now)
                before = mirror.marks.moment
                everybody = not moment.same_rules(before)
                moved = mirror.marks.advance(moment)
                full = set() if moment.same_lines(before) else set(mirror.watched.roll())
            case "actions":
                news = data.draw(corporate_actions())
                mirror.actions |= news
                moved = mirror.marks.set_actions(news)
                full = set(mirror.watched.roll(moved.columns))
            case "board":
                board = {price.instrument_id: price for price in data.draw(st.lists(prices(), max_size=8))}
                mirror.doubted = mirror.prices.keys() - board.keys()
                mirror.prices |= board
                moved = mirror.marks.take_board(board.values())
            case _:
                user_id = data.draw(st.sampled_from(USERS))
                mirror.users.pop(user_id, None)
                mirror.watched.remove_user(user_id)
                states = {key: state for key, state in states.items() if key[0] != user_id}
        states = applied(states, mirror.watched.value(moved, full, everybody=everybody))
        assert differences(states, mirror.exact()) == []
        assert mirror.snapshot() == states


def test_what_was_sold_out_today_is_no_position() -> None:
    """Ensure the last sale leaves its change in the figures and no empty row."""
    mirror = Mirror.at(OPEN)
    stock = IDS[0]
    account = AccountHoldings(account_id_of(ADA, 0), ADA, "Tartan", "USD", 1, None, ())
    sale = DayTrade(stock, Decimal(-3), Decimal(105), Decimal(315), "USD")
    user = UserHoldings(ADA, "USD", (account,), {account.account_id: DayTrades(DAY, True, (sale,))})
    mirror.watched.put_user(user, EVERYTHING[ADA])
    price = Price(stock, Decimal(110), OPEN, PriceSource.TRADE, 0, Decimal(100), PREVIOUS_DAY, 1)
    updates = mirror.watched.value(mirror.marks.observe([price]), [ADA])
    assert [told(update.figures.day_change, update.figures.positions_count) for update in updates] == [(15, 0)] * 2
    assert all(update.positions == {} for update in updates)
