"""What every account holds now: the start of `population`, changed by control calls (pure).

Money is in the account's or instrument's currency, quantities are signed (short negative) and in contracts for
options; values are Decimal and exact.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from simulator.activity import Activity, Kind
from simulator.catalog import Security
from simulator.planned import PlannedAccount
from simulator.population import Population, StartHolding


class UnknownNameError(LookupError):
    """Nothing goes by this name; `known` are the names that exist."""

    def __init__(self, what: str, name: str, known: tuple[str, ...]) -> None:
        super().__init__(what, name)
        self.what = what
        self.name = name
        self.known = known

    def __str__(self) -> str:
        return f"unknown {self.what} {self.name!r}; known: {', '.join(self.known)}"


@dataclass(slots=True)
class AccountState:
    """One account now.

    Attributes:
        cash: Settled cash by currency, without money-market sweep holdings; negative is a margin loan.
        activities: Newest first.
        extracted_at: When the provider last read the account at the institution, market time.
        hidden: The provider does not list it, as if it were closed.
    """

    plan: PlannedAccount
    persona: str
    provider: str
    institution: str
    cash: dict[str, Decimal]
    holdings: dict[str, StartHolding]
    activities: list[Activity]
    extracted_at: datetime
    hidden: bool = False

    @property
    def key(self) -> str:
        return self.plan.key

    def dealt_lately(self, currency: str) -> Decimal:
        """Return what purchases and sales since the day before yesterday changed the cash by."""
        since = self.extracted_at.date() - timedelta(days=2)
        lately = [one for one in self.activities if one.day >= since and one.kind in {"buy", "sell"}]
        return sum((one.amount for one in lately if one.currency == currency), Decimal(0))


@dataclass(slots=True)
class HoldingsState:
    """All accounts of one provider, and the prices that it reports.

    Attributes:
        half_split: New shares for each old one, by symbol, where a split is in the lines' prices and not in the
            quantities; accounts' totals are right.
    """

    population: Population
    accounts: dict[str, AccountState] = field(default_factory=dict)
    prices: dict[str, Decimal] = field(default_factory=dict)
    half_split: dict[str, Decimal] = field(default_factory=dict)

    @classmethod
    def start(cls, population: Population, provider: str, now: datetime) -> "HoldingsState":
        state = cls(population)
        for persona, login in population.logins(provider):
            for plan in login.accounts:
                state.accounts[plan.key] = AccountState(
                    plan,
                    persona.name,
                    provider,
                    login.institution,
                    {currency: Decimal(amount) for currency, amount in plan.cash},
                    {holding.symbol: holding for holding in population.holdings(plan)},
                    population.activities(plan),
                    now,
                )
        return state

    def account(self, key: str) -> AccountState:
        """Return an account by its key.

        Raises:
            UnknownNameError: No account of this provider has the key.
        """
        if key not in self.accounts:
            raise UnknownNameError("account", key, tuple(self.accounts))
        return self.accounts[key]

    def security(self, symbol: str) -> Security:
        """Return an instrument by its canonical symbol.

        Raises:
            UnknownNameError: The catalog has no such symbol.
        """
        security = self.population.securities.get(symbol)
        if security is None:
            raise UnknownNameError("symbol", symbol, tuple(self.population.securities))
        return security

    def price(self, symbol: str) -> Decimal:
        """Return the price that providers report: a set one, else the previous close."""
        return self.prices.get(symbol, self.security(symbol).base_price)

    def reported_price(self, symbol: str) -> Decimal:
        """Return the price in the holdings' lines, which may be from after a split that the quantities lack."""
        return self.price(symbol) / self.half_split.get(symbol, Decimal(1))

    def holding_value(self, holding: StartHolding) -> Decimal:
        """Return quantity times multiplier times reported price, in the instrument's currency."""
        return holding.quantity * self.security(holding.symbol).multiplier * self.price(holding.symbol)

    def value(self, account: AccountState, currency: str) -> Decimal:
        """Return cash and holdings in this currency; other currencies are left out, not converted."""
        total = account.cash.get(currency, Decimal(0))
        for holding in account.holdings.values():
            if self.security(holding.symbol).currency == currency:
                total += self.holding_value(holding)
        return total

    def set_price(self, symbol: str, price: Decimal | None) -> None:
        """Report this price from now on; None goes back to the previous close."""
        self.security(symbol)
        if price is None:
            self.prices.pop(symbol, None)
        else:
            self.prices[symbol] = price

    def set_cash(self, key: str, currency: str, amount: Decimal, now: datetime) -> AccountState:
        account = self.account(key)
        account.cash[currency] = amount
        account.extracted_at = now
        return account

    def set_holding(
        self,
        key: str,
        symbol: str,
        quantity: Decimal,
        cost_basis: Decimal | None,
        now: datetime,
        *,
        settle: bool = False,
    ) -> AccountState:
        """Set the quantity of one holding as if the user had traded at the institution; 0 removes it.

        The difference becomes a buy or a sale in the account's activities; with `settle` cash pays for it.
        """
        account = self.account(key)
        security = self.security(symbol)
        held = account.holdings.get(symbol)
        difference = quantity - (held.quantity if held else Decimal(0))
        if difference:
            account.activities.insert(0, self._trade(account, security, difference, now))
        if settle:
            paid = difference * security.multiplier * self.price(symbol)
            account.cash[security.currency] = account.cash.get(security.currency, Decimal(0)) - paid
        if quantity:
            spelling = held.spelling if held else None
            account.holdings[symbol] = StartHolding(symbol, quantity, cost_basis, spelling)
        else:
            account.holdings.pop(symbol, None)
        account.extracted_at = now
        return account

    def deal(self, key: str, symbol: str, count: int, now: datetime) -> None:
        """Buy and sell one unit in turns, so often."""
        account, security = self.account(key), self.security(symbol)
        for number in range(count):
            difference = Decimal(-1 if number % 2 else 1)
            account.activities.insert(0, self._trade(account, security, difference, now - timedelta(seconds=number)))

    def _trade(self, account: AccountState, security: Security, difference: Decimal, now: datetime) -> Activity:
        price = self.price(security.symbol)
        kind: Kind = "buy" if difference > 0 else "sell"
        return Activity(
            id=f"{account.key}/{security.symbol}/{now.isoformat()}",
            day=now.date(),
            kind=kind,
            symbol=security.symbol,
            quantity=difference,
            price=price,
            amount=-difference * security.multiplier * price,
            fee=Decimal(0),
            currency=security.currency,
            description=f"{kind.upper()} {security.name}",
        )
