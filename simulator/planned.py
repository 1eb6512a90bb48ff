"""What a persona owns, before any provider spells it: types only."""

from dataclasses import dataclass
from typing import Literal

Provider = Literal["plaid", "snaptrade", "alpaca"]


@dataclass(frozen=True, slots=True)
class PlannedHolding:
    """A line of an account as a person would describe it.

    Attributes:
        symbol: Canonical symbol of the catalog.
        value: Target market value in the instrument's currency; whole units are bought for it, at any seed.
        quantity: Exact signed quantity (contracts for options) where the value does not decide.
        costed: False when the provider does not know the cost basis.
        spelling: How this institution writes the symbol, when not as its provider usually does.
    """

    symbol: str
    value: int | None = None
    quantity: str | None = None
    costed: bool = True
    spelling: str | None = None


@dataclass(frozen=True, slots=True)
class PlannedAccount:
    """One account at an institution.

    Attributes:
        key: Name of the account in the control API, unique over all personas.
        kind: `investment` or `depository`.
        subtype: In Plaid's words: `brokerage`, `401k`, `roth`, `checking`, `tfsa`, `crypto exchange`, …
        cash: Currency to amount; negative is borrowed on margin.
        same_as: Key of the account that it is, when it is reached through a second provider; it holds the same.
    """

    key: str
    name: str
    official_name: str
    mask: str
    subtype: str
    cash: tuple[tuple[str, str], ...]
    holdings: tuple[PlannedHolding, ...] = ()
    kind: Literal["investment", "depository"] = "investment"
    currency: str = "USD"
    margin: bool = False
    same_as: str | None = None


@dataclass(frozen=True, slots=True)
class Login:
    """A persona's login at one institution: what one connection reaches."""

    provider: Provider
    institution: str
    accounts: tuple[PlannedAccount, ...]


@dataclass(frozen=True, slots=True)
class Persona:
    """A simulated person."""

    name: str
    full_name: str
    logins: tuple[Login, ...]
