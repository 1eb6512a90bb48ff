"""Holdings: what a provider says an account contains. Positions are holdings with marks; see value.py."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from realtime.domain.account import AccountId, UserId
from realtime.domain.instrument import InstrumentId
from realtime.domain.reconciliation import Reconciliation


@dataclass(frozen=True, slots=True)
class Holding:
    """Quantity of one instrument in one account.

    Attributes:
        quantity: Signed, short negative; contracts for options; an amount of money for cash.
        cost_basis: Total paid for the open quantity, in the instrument's currency, signed like the quantity;
            None when the provider does not know.
    """

    instrument_id: InstrumentId
    quantity: Decimal
    cost_basis: Decimal | None


@dataclass(frozen=True, slots=True)
class AccountHoldings:
    """One account's complete holdings as of one sync; a newer `version` replaces all of an older one.

    Attributes:
        currency: The account's own currency, ISO 4217.
        as_of: When the provider says it read them at the institution.
        duplicate_of: The account that counts in its place, for it is the same one; None for an account that counts.
        reconciliation: Their total beside the provider's; None when the provider reports no total.
    """

    account_id: AccountId
    user_id: UserId
    institution: str
    currency: str
    version: int
    as_of: datetime | None
    holdings: tuple[Holding, ...]
    reconciliation: Reconciliation | None = None
    duplicate_of: AccountId | None = None
