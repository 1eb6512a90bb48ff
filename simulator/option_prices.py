"""What a contract is worth while its underlying moves (pure): Black and Scholes, starting from its base price."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from simulator.catalog import Security
from simulator.clock import SECOND_NS

INTEREST_RATE = 0.04
_YEAR_S = 365 * 86_400
_SMALLEST_PRICE = 0.01


@dataclass(frozen=True, slots=True)
class Contract:
    """The terms in an OCC symbol: root, expiry YYMMDD, C or P, strike in thousandths of a dollar."""

    underlying: str
    expiry_ns: int
    right: Literal["C", "P"]
    strike: float


def parse_occ(symbol: str) -> Contract:
    """Return the terms in a symbol without padding."""
    expiry = datetime.strptime(symbol[-15:-9], "%y%m%d").replace(hour=21, tzinfo=UTC)
    right: Literal["C", "P"] = "C" if symbol[-9] == "C" else "P"
    return Contract(symbol[:-15], int(expiry.timestamp()) * SECOND_NS, right, int(symbol[-8:]) / 1000)


def _cumulative(x: float) -> float:
    return 0.5 * (1 + math.erf(x / math.sqrt(2)))


def _d1(contract: Contract, underlying: float, volatility: float, years: float) -> float:
    drift = (INTEREST_RATE + volatility**2 / 2) * years
    return (math.log(underlying / contract.strike) + drift) / (volatility * math.sqrt(years))


def _years(contract: Contract, at_ns: int) -> float:
    return max((contract.expiry_ns - at_ns) / SECOND_NS / _YEAR_S, 1e-6)


def model_price(contract: Contract, underlying: float, volatility: float, at_ns: int) -> float:
    """Return the model's price per unit of the underlying."""
    years = _years(contract, at_ns)
    d1 = _d1(contract, underlying, volatility, years)
    d2 = d1 - volatility * math.sqrt(years)
    discounted = contract.strike * math.exp(-INTEREST_RATE * years)
    call = underlying * _cumulative(d1) - discounted * _cumulative(d2)
    return call if contract.right == "C" else call - underlying + discounted


def greeks(contract: Contract, underlying: float, volatility: float, at_ns: int) -> dict[str, float]:
    """Return delta, gamma, theta (a day), vega and rho (a percentage point) as Alpaca's snapshots name them."""
    years = _years(contract, at_ns)
    d1 = _d1(contract, underlying, volatility, years)
    d2 = d1 - volatility * math.sqrt(years)
    density = math.exp(-(d1**2) / 2) / math.sqrt(2 * math.pi)
    sign = 1 if contract.right == "C" else -1
    discounted = contract.strike * math.exp(-INTEREST_RATE * years)
    decay = -underlying * density * volatility / (2 * math.sqrt(years))
    return {
        "delta": round(sign * _cumulative(sign * d1), 4),
        "gamma": round(density / (underlying * volatility * math.sqrt(years)), 4),
        "theta": round((decay - sign * INTEREST_RATE * discounted * _cumulative(sign * d2)) / 365, 4),
        "vega": round(underlying * density * math.sqrt(years) / 100, 4),
        "rho": round(sign * discounted * years * _cumulative(sign * d2) / 100, 4),
    }


@dataclass(frozen=True, slots=True)
class OptionModel:
    """One contract's price as its underlying moves, through its base price at the origin."""

    security: Security
    contract: Contract
    offset: float

    @classmethod
    def through_base(cls, security: Security, underlying_base: float, origin_ns: int) -> "OptionModel":
        """Return the model that gives the base price at the underlying's base price."""
        contract = parse_occ(security.symbol)
        at_base = model_price(contract, underlying_base, security.annual_volatility, origin_ns)
        return cls(security, contract, float(security.base_price) - at_base)

    def price(self, underlying: float, at_ns: int) -> float:
        """Return the middle price in whole cents."""
        model = model_price(self.contract, underlying, self.security.annual_volatility, at_ns)
        return max(_SMALLEST_PRICE, round(model + self.offset, 2))
