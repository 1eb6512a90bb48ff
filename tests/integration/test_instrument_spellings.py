"""Two providers' names of one security meet in one instrument; two securities never do. Names: tests/support."""

from random import Random

import pytest

from realtime.domain.instrument import InstrumentId
from realtime.store.instruments import instruments_by_id
from realtime.store.pool import Pool
from sync.instruments import resolve_instruments
from tests.support.spellings import SUCCESSOR, TABLE, Spelling, plaid


async def resolved(pool: Pool, names: list[tuple[str, Spelling]]) -> dict[str, set[InstrumentId]]:
    """Return the instruments of each security, resolving one name after the other."""
    found: dict[str, set[InstrumentId]] = {}
    for security, name in names:
        ids = await resolve_instruments(pool, name.provider, [name.reported], ())
        found.setdefault(security, set()).update(ids.values())
    return found


@pytest.mark.parametrize("seed", range(6))
async def test_names_meet_and_securities_do_not(pool: Pool, seed: int) -> None:
    """Ensure, in any order of arrival, that after two rounds each security is one instrument of its own."""
    names = [(security, name) for security, row in TABLE.items() for name in row]
    random = Random(seed)
    random.shuffle(names)
    await resolved(pool, names)
    random.shuffle(names)
    found = await resolved(pool, names)
    split = {security: ids for security, ids in found.items() if len(ids) != 1}
    assert split == {}
    shared = [security for security, ids in found.items() if sum(ids == other for other in found.values()) > 1]
    assert shared == []


async def test_another_company_under_a_known_symbol_is_told_apart(pool: Pool) -> None:
    """Ensure that a symbol which is used again does not give the new company's holders the old one's price."""
    apple = plaid("AAPL", cusip="037833100")
    found = await resolved(pool, [("Apple", apple), ("other", SUCCESSOR), ("Apple", apple), ("other", SUCCESSOR)])
    assert len(found["Apple"]) == len(found["other"]) == 1
    [other] = await instruments_by_id(pool, found["other"])
    assert (other.symbol, other.listed) == ("AAPL@594918104", False)


async def test_only_what_the_market_knows_is_listed(pool: Pool) -> None:
    """Ensure that no code of a provider's own, no foreign listing and no other's symbol takes a US market price."""
    found = await resolved(pool, [(security, name) for security, row in TABLE.items() for name in row])
    listed = {
        security for security, ids in found.items() if any(one.listed for one in await instruments_by_id(pool, ids))
    }
    assert listed == {
        "Apple", "Berkshire A", "Berkshire B", "Bank of America", "Bank of America preferred K",
        "Bank of America preferred L", "a warrant", "a warrant of series A", "a unit", "a right", "the share itself",
        "an American VAB", "SPY", "an option", "its mini", "another strike", "the put", "an option on a class share",
        "Bitcoin", "Bitcoin in Tether", "Tether",
    }  # fmt: skip


async def test_multipliers_are_those_of_the_contract(pool: Pool) -> None:
    """Ensure that standard, mini and adjusted options count their shares, however they are named."""
    found = await resolved(pool, [(security, name) for security, row in TABLE.items() for name in row])
    multipliers = {
        security: {int(one.multiplier) for one in await instruments_by_id(pool, found[security])}
        for security in ("an option", "its mini", "one adjusted to 150 shares", "an option on a class share", "Apple")
    }
    assert multipliers == {
        "an option": {100}, "its mini": {10}, "one adjusted to 150 shares": {150}, "an option on a class share": {100},
        "Apple": {1},
    }  # fmt: skip
