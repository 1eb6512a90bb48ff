"""Job kind → what runs it: one line each."""

from collections.abc import Awaitable, Callable, Mapping

from realtime.store.jobs import Job, JobKind
from sync.parts import Parts, Refreshed
from sync.products.bank_transactions import refresh_bank_transactions
from sync.products.transactions import refresh_transactions
from sync.refresh import refresh

PRODUCTS: Mapping[JobKind, Callable[[Parts, Job], Awaitable[Refreshed]]] = {
    JobKind.HOLDINGS: refresh,
    JobKind.BALANCES: refresh,  # cash and positions of one moment: a balance alone would count a purchase twice
    JobKind.TRANSACTIONS: refresh_transactions,
    JobKind.BANK_TRANSACTIONS: refresh_bank_transactions,
}
