"""Who is watched, what they hold, and the prices that stream in: the same for us and for the peers."""

from collections.abc import Iterable, Iterator
from time import perf_counter

from benchmarks.stage_costs import Calculator
from realtime.contract.messages import PriceBatch, decode
from realtime.domain.account import UserId
from realtime.domain.price import Price


class World:
    """A calculator's users, and the same prices for everybody."""

    def __init__(self, rounds: int) -> None:
        self.calculator = Calculator()
        self.rounds = [self.calculator.batches() for _ in range(rounds)]
        self.prices = {price.instrument_id: price.price for price in prices_of(self.rounds[-1])}
        self.holdings: dict[UserId, dict[str, int]] = {}
        for user in self.calculator.users:
            held = self.calculator.watched.holdings(user)
            assert held is not None
            self.holdings[user] = {each.instrument_id: int(each.quantity) for each in held.accounts[0].holdings}

    def batches(self) -> Iterator[bytes]:
        """Yield the batches of all rounds."""
        for batches in self.rounds:
            yield from batches

    def ms_each(self, began: float) -> float:
        """Return the mean milliseconds a batch since then."""
        return (perf_counter() - began) * 1000 / sum(map(len, self.rounds))


def prices_of(batches: Iterable[bytes]) -> Iterator[Price]:
    return (price for batch in batches for price in decode(PriceBatch, batch).prices)
