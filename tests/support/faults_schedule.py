"""What goes wrong, and when: everything follows from a seed (pure)."""

import random
from dataclasses import dataclass
from enum import StrEnum

from realtime.up import STAGES

LASTS_S = 3.0
"""How long faults are applied; a fault that lasts is lifted by then, or soon after."""
_FAULTS_MAX = 4
_REFRESHES_MAX = 5


class Kind(StrEnum):
    KILL = "kill"
    FREEZE = "freeze"
    VALKEY_LOST = "valkey_lost"
    VALKEY_FROZEN = "valkey_frozen"
    POSTGRES_CRASH = "postgres_crash"
    SLOW_COMMITS = "slow_commits"
    LOCKED_TABLE = "locked_table"
    STREAM_CUT = "stream_cut"
    STREAM_MUTED = "stream_muted"
    CONNECTION_LIMIT = "connection_limit"
    SYMBOL_LIMIT = "symbol_limit"
    MARKET_REST_DOWN = "market_rest_down"
    PROVIDER = "provider"
    CLOCK_STEP = "clock_step"


PROVIDERS = ("plaid", "snaptrade", "broker")
_PROVIDER_FAULTS = (
    "rate_limit", "server_error", "unavailable", "bad_gateway", "slow", "drop", "truncated", "partial",
)  # fmt: skip
_WEIGHTS = {Kind.KILL: 5, Kind.FREEZE: 2, Kind.VALKEY_LOST: 2, Kind.PROVIDER: 3, Kind.STREAM_CUT: 2}
_TARGETS: dict[Kind, tuple[str, ...]] = {
    Kind.KILL: STAGES,
    Kind.FREEZE: STAGES,
    Kind.LOCKED_TABLE: ("holdings", "jobs", "accounts", "instruments"),
    Kind.STREAM_CUT: ("reset", "1001", "1011"),
    Kind.MARKET_REST_DOWN: ("429", "500", "503"),
    Kind.PROVIDER: tuple(
        f"{provider}:{fault}"
        for provider in ("plaid", "snaptrade", "broker")
        for fault in (
            "rate_limit",
            "server_error",
            "unavailable",
            "bad_gateway",
            "slow",
            "drop",
            "truncated",
            "partial",
        )
    ),
    Kind.CLOCK_STEP: ("-600", "-30", "-2", "2", "30", "600"),
}


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        at_s: Seconds after the schedule begins.
        lasts_s: Seconds until it is lifted, for kinds that last.
        target: What it hits; a stage, a table, `provider:fault` …; "" for kinds that know.
    """

    at_s: float
    kind: Kind
    target: str
    lasts_s: float

    def __str__(self) -> str:
        return f"{self.at_s:.2f} s {self.kind} {self.target} ({self.lasts_s:.1f} s)"


@dataclass(frozen=True)
class Refresh:
    """Somebody buys or sells at a provider and asks for a refresh; `choice` picks what, in 0..1."""

    at_s: float
    choice: float
    quantity: int


@dataclass(frozen=True)
class Schedule:
    seed: int
    faults: tuple[Fault, ...]
    refreshes: tuple[Refresh, ...]

    def __str__(self) -> str:
        return f"schedule {self.seed}: " + "; ".join(map(str, self.faults))


def schedule_of(seed: int) -> Schedule:
    """Return the seed's schedule."""
    rng = random.Random(seed)
    kinds, weights = list(Kind), [_WEIGHTS.get(kind, 1) for kind in Kind]
    chosen: list[Kind] = []
    for kind in rng.choices(kinds, weights, k=rng.randint(1, _FAULTS_MAX)):
        if kind in {Kind.KILL, Kind.FREEZE, Kind.PROVIDER, Kind.STREAM_CUT} or kind not in chosen:
            chosen.append(kind)
    faults = [
        Fault(
            at_s=rng.uniform(0, LASTS_S * 0.8),
            kind=kind,
            target=rng.choice(_TARGETS.get(kind, ("",))),
            lasts_s=rng.uniform(0.2, LASTS_S),
        )
        for kind in chosen
    ]
    refreshes = [
        Refresh(rng.uniform(0, LASTS_S), rng.random(), rng.randint(1, 500))
        for _ in range(rng.randint(1, _REFRESHES_MAX))
    ]
    for hit in [fault for fault in faults if fault.target == "sync"]:  # jobs are short: let it have some at that moment
        faults += [Fault(max(0.0, hit.at_s - 0.5), Kind.PROVIDER, f"{provider}:slow", 0.0) for provider in PROVIDERS]
        refreshes += [Refresh(max(0.0, hit.at_s - 0.3), rng.random(), rng.randint(1, 500)) for _ in PROVIDERS]
    return Schedule(seed, tuple(sorted(faults, key=lambda fault: fault.at_s)), tuple(refreshes))
