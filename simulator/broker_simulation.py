"""One simulated Alpaca account side: accounts, keys, faults, limits, and what one call may use (pure)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from simulator import broker_shapes as shapes
from simulator.clock import MarketTime, market_time
from simulator.data_dates import market_moment
from simulator.holdings_state import AccountState, HoldingsState
from simulator.http_faults import Faults
from simulator.minute_rates import MinuteRates
from simulator.population import Population

REQUESTS_PER_MINUTE = 200


@dataclass(slots=True)
class BrokerError(Exception):
    """An answer that is an error."""

    status: int
    code: int
    message: str

    def __str__(self) -> str:
        return f"{self.status} {self.code} {self.message}"

    def body(self) -> dict[str, Any]:
        return {"code": self.code, "message": self.message}


@dataclass(slots=True)
class BrokerSimulation:
    """All state of one simulated Alpaca, without its market data."""

    state: HoldingsState
    market: MarketTime
    broker_key: str = "demo-broker-key"
    broker_secret: str = "demo-broker-secret"  # noqa: S105 - the documented default of a simulator
    requests_per_minute: int = REQUESTS_PER_MINUTE
    faults: Faults = field(default_factory=Faults)
    rates: MinuteRates = field(default_factory=MinuteRates)

    @classmethod
    def start(cls, seed: int, now: float) -> "BrokerSimulation":
        market = market_time()
        return cls(HoldingsState.start(Population(seed), "alpaca", market_moment(market, now)), market)

    def account_id(self, account: AccountState) -> str:
        return shapes.alpaca_id("account", self.state.population.seed, account.key)

    def account(self, account_id: str) -> AccountState:
        for account in self.state.accounts.values():
            if self.account_id(account) == account_id:
                return account
        raise BrokerError(401, 40110000, "request is not authorized")

    def account_by_keys(self, key: str, secret: str) -> AccountState:
        """Return the account of `<persona>-key` and `<persona>-secret`."""
        for account in self.state.accounts.values():
            if (key, secret) == (f"{account.persona}-key", f"{account.persona}-secret"):
                return account
        raise BrokerError(403, 40310000, "forbidden.")


@dataclass(slots=True)
class Call:
    """One authenticated request; `account` is the one of the keys or of the path, None for the firm's lists."""

    simulation: BrokerSimulation
    path: str
    query: dict[str, str]
    params: dict[str, str]
    now: float
    account: AccountState | None

    @property
    def moment(self) -> datetime:
        return market_moment(self.simulation.market, self.now)

    @property
    def state(self) -> HoldingsState:
        return self.simulation.state

    def one(self) -> AccountState:
        assert self.account is not None, "the endpoint's table asks for an account"
        return self.account

    def fault(self, kind: str, account: AccountState) -> bool:
        return self.simulation.faults.take(kind, self.path, names(self.simulation, account)) is not None


def names(simulation: BrokerSimulation, account: AccountState | None) -> tuple[str, ...]:
    """Return what a fault may name to mean this account."""
    if account is None:
        return ()
    return (account.key, account.persona, f"{account.persona}-key", simulation.account_id(account))
