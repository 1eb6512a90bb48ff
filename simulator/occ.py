"""OCC option symbols: `AAPL261218C00240000`, with or without the root padded to six characters (pure)."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

_OCC = re.compile(r"^([A-Z.]{1,6}) *(\d{2})(\d{2})(\d{2})([CP])(\d{8})$")


@dataclass(frozen=True, slots=True)
class OccOption:
    """A US equity option; `strike` in dollars per share."""

    underlying: str
    expiration: date
    right: str
    strike: Decimal

    @property
    def compact(self) -> str:
        """Return the symbol without padding, as Alpaca and Plaid write it."""
        return f"{self.underlying}{self._tail}"

    @property
    def padded(self) -> str:
        """Return the 21 characters with the root padded, as SnapTrade writes it."""
        return f"{self.underlying:<6}{self._tail}"

    @property
    def call(self) -> bool:
        return self.right == "C"

    @property
    def _tail(self) -> str:
        return f"{self.expiration:%y%m%d}{self.right}{int(self.strike * 1000):08d}"


def parse_occ(symbol: str) -> OccOption | None:
    """Return the option that a symbol names, or None when it is not an OCC symbol."""
    match = _OCC.match(symbol)
    if match is None:
        return None
    root, year, month, day, right, strike = match.groups()
    expiration = date(2000 + int(year), int(month), int(day))
    return OccOption(root, expiration, right, (Decimal(strike) / 1000).normalize())
