"""Correlated returns (pure): one factor for the market, one per sector, one for the security itself."""

from collections.abc import Sequence

import numpy as np

from simulator.catalog import Security
from simulator.volume_curve import Floats

MARKET_ANNUAL_VOLATILITY = 0.15
_SECTOR_SHARE = 0.35
"""What part of the variance beyond the market's a sector explains."""


class Factors:
    """Draws log returns whose standard deviation is each security's, and whose correlation is plausible."""

    def __init__(self, securities: Sequence[Security]) -> None:
        volatility = np.array([security.annual_volatility for security in securities])
        beta = np.array([security.beta for security in securities])
        self._market = np.minimum(beta * MARKET_ANNUAL_VOLATILITY, volatility)
        beyond = volatility**2 - self._market**2
        sectors = sorted({security.sector for security in securities})
        in_sector = np.array([security.sector != "none" for security in securities])
        self._sector = np.sqrt(beyond * _SECTOR_SHARE) * in_sector
        self._own = np.sqrt(beyond - self._sector**2)
        self._column = np.array([sectors.index(security.sector) for security in securities], dtype=np.intp)
        self._sectors_count = max(len(sectors), 1)

    def draw(self, rng: np.random.Generator, steps: int) -> Floats:
        """Return log returns in units of a year, shape (steps, securities): scale by the root of a step in years."""
        market = rng.standard_normal((steps, 1))
        sector = rng.standard_normal((steps, self._sectors_count))
        own = rng.standard_normal((steps, len(self._column)))
        result: Floats = market * self._market + sector[:, self._column] * self._sector + own * self._own
        return result
