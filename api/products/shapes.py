"""What every product's transactions come as."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pydantic import BaseModel, Field, SerializeAsAny

from realtime.store.jobs import JobKind
from realtime.store.pool import Connection
from realtime.store.product_lines import Wanted


class TransactionsPage(BaseModel):
    """One page of transactions, newest first."""

    transactions: Sequence[SerializeAsAny[BaseModel]]
    total_count: int = Field(description="Of all pages.")
    limit: int
    offset: int


class Serialise(Protocol):
    """Reads and shapes one page; `connection` is bound to the user."""

    async def __call__(self, connection: Connection, wanted: Wanted) -> TransactionsPage: ...


@dataclass(frozen=True, slots=True)
class Product:
    """A product of accounts.

    Attributes:
        kind: The job that reads its transactions.
        serialise: What they are shown as.
    """

    kind: JobKind
    serialise: Serialise
