"""Currency pairs as Alpaca's forex endpoint answers them: round the clock, around the last known rates (pure)."""

from collections.abc import Mapping
from decimal import Decimal

from simulator.catalog import USD_PER_CAD, Security
from simulator.clock import MINUTE_NS, rfc3339
from simulator.price_paths import PricePaths
from simulator.rest_access import RestRefused
from simulator.round_the_clock import round_the_clock_sessions
from simulator.wire import Fields

_UNITS_PER_USD = {"CAD": 1 / USD_PER_CAD, "EUR": Decimal("0.8683"), "GBP": Decimal("0.7635"), "JPY": Decimal("156.41")}
_ANNUAL_VOLATILITY = 0.07
_HALF_SPREAD = 0.0001
_PAIR_LENGTH = 6


class ExchangeRates:
    """Rates of the US dollar against a few currencies, a pure function of seed and time."""

    def __init__(self, origin_ns: int, seed: int) -> None:
        sessions = round_the_clock_sessions(origin_ns)
        pairs = [
            Security(f"USD{currency}", f"USD in {currency}", "equity", "", "", units, _ANNUAL_VOLATILITY, 0.0, 1)
            for currency, units in _UNITS_PER_USD.items()
        ]
        self._paths = PricePaths(pairs, sessions, sessions.current(origin_ns).date, seed + 2)

    def rate(self, pair: str, at_ns: int) -> float | None:
        """Return how many units of the second currency one of the first buys; None for an unknown pair."""
        if pair in self._paths.columns:
            return round(self._paths.mid(pair, at_ns), 5)
        inverse = pair[3:] + pair[:3]
        return round(1 / self._paths.mid(inverse, at_ns), 6) if inverse in self._paths.columns else None

    def answer(self, query: Mapping[str, str], at_ns: int) -> Fields:
        """Return the latest rates of the `currency_pairs` asked for; unknown ones are absent.

        Raises:
            RestRefused: 400 for a malformed pair.
        """
        pairs = [pair for pair in query.get("currency_pairs", "").split(",") if pair]
        if not pairs or any(len(pair) != _PAIR_LENGTH or not pair.isalpha() for pair in pairs):
            raise RestRefused(400, "invalid currency_pairs")
        minute_ns = at_ns - at_ns % MINUTE_NS
        rates = {}
        for pair in pairs:
            middle = self.rate(pair.upper(), minute_ns)
            if middle is not None:
                half = middle * _HALF_SPREAD
                bid, ask = round(middle - half, 6), round(middle + half, 6)
                rates[pair] = {"bp": bid, "mp": middle, "ap": ask, "t": rfc3339(minute_ns)}
        return {"rates": rates}
