"""Faults that a provider's simulator plays on request: what to break, for whom, how often.

A fault is set over `POST /control/faults` and taken while a request is answered. Kinds:

    rate_limit     429 in the provider's shape (`seconds`: Retry-After, where the provider sends one)
    server_error   500 in the provider's shape
    unavailable    503 in the provider's shape (PLANNED_MAINTENANCE; SnapTrade 3002)
    bad_gateway    502 with an HTML body, as a proxy answers
    slow           the answer is delayed by `seconds`
    drop           the connection is closed without an answer
    truncated      200 with half of a JSON document
    institution_down, login_required   the institution or the login does not work
    not_ready      the first sync is not finished (Plaid PRODUCT_NOT_READY, SnapTrade an empty 200)
    populating     SnapTrade: the account's data endpoints answer 425
    partial        half of the holdings are missing although the answer is a 200
    unknown_enum   an enum value nobody has seen yet
    null_price     the newest prices are null
    revoked        Plaid: the user withdrew his permission at the institution
    cash_apart     Plaid: cash is no holding, `available` says it
    mutation       Plaid: a bank line is added between two pages of /transactions/sync
    loan_apart     Plaid: a margin loan is no holding and not in `current`, `margin_loan_amount` says it
    withheld       SnapTrade: the brokerage gives no holdings, only the account's total
    disabled       SnapTrade: the connection is disabled and answers reads with what it had
    cash_twice     Plaid: cash is there as `CUR:USD` and again as a fund of the institution's; the total is right
    pending_line   Plaid: a line "Pending activity", which is no holding, stands among the holdings
    unsettled      Plaid: cash lacks what was bought and sold since the day before yesterday; the total has it
    gross_total    SnapTrade: the total leaves out a margin loan
    fx_ignored     SnapTrade: the total adds currencies up without converting them
    sweep_unmarked SnapTrade: the sweep fund is not marked as a part of the cash
    per_contract   SnapTrade: options are priced by contract, not by unit of the underlying
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import count

KINDS = (
    "rate_limit",
    "server_error",
    "unavailable",
    "bad_gateway",
    "slow",
    "drop",
    "truncated",
    "institution_down",
    "login_required",
    "not_ready",
    "populating",
    "partial",
    "unknown_enum",
    "null_price",
    "revoked",
    "mutation",
    "cash_apart",
    "loan_apart",
    "withheld",
    "disabled",
    "cash_twice",
    "pending_line",
    "unsettled",
    "gross_total",
    "fx_ignored",
    "sweep_unmarked",
    "per_contract",
)


@dataclass(slots=True)
class Fault:
    """One fault; a filter that is None matches everything.

    Attributes:
        path: Start of the request path that it breaks.
        subject: Persona, institution, account key, or an id of the provider that it breaks.
        times: How many requests it still breaks; None is until it is removed.
        seconds: Delay of `slow`, Retry-After of `rate_limit`.
    """

    id: int
    kind: str
    path: str | None = None
    subject: str | None = None
    times: int | None = None
    seconds: float = 0.0

    def matches(self, path: str, subjects: Collection[str]) -> bool:
        if self.path is not None and not path.startswith(self.path):
            return False
        return self.subject is None or self.subject in subjects


class UnknownFaultError(ValueError):
    """The kind of fault is none of KINDS."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind

    def __str__(self) -> str:
        return f"unknown fault {self.kind!r}; one of {', '.join(KINDS)}"


@dataclass(slots=True)
class Faults:
    """All faults of one simulator."""

    active: dict[int, Fault] = field(default_factory=dict)
    _ids: "count[int]" = field(default_factory=lambda: count(1))

    def add(
        self,
        kind: str,
        *,
        path: str | None = None,
        subject: str | None = None,
        times: int | None = None,
        seconds: float = 0.0,
    ) -> Fault:
        """Set a fault.

        Raises:
            UnknownFaultError: `kind` is none of KINDS.
        """
        if kind not in KINDS:
            raise UnknownFaultError(kind)
        fault = Fault(next(self._ids), kind, path, subject, times, seconds)
        self.active[fault.id] = fault
        return fault

    def remove(self, fault_id: int) -> None:
        self.active.pop(fault_id, None)

    def clear(self) -> None:
        self.active.clear()

    def take(self, kind: str, path: str, subjects: Collection[str] = ()) -> Fault | None:
        """Return the oldest fault of this kind that matches, and count it down."""
        for fault in self.active.values():
            if fault.kind == kind and fault.matches(path, subjects):
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        del self.active[fault.id]
                return fault
        return None
