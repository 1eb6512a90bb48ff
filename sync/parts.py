"""What a refresh needs (wiring), and what it gives back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from providers.base import Access, Provider
from providers.linking import access_to
from providers.registry import Providers
from realtime.bus.client import Bus
from realtime.clock import Clock
from realtime.crypto import CredentialCipher
from realtime.domain.account import ConnectionStatus
from realtime.domain.flag import DEFAULTS, FlagStates
from realtime.errors import Unsupported
from realtime.log import Log
from realtime.store.connections import StoredConnection, connection_by_id
from realtime.store.jobs import Job
from realtime.store.pool import Pool


@dataclass(frozen=True)
class Parts:
    """What everything here works with.

    Attributes:
        bus: Where the exchange rates are; without it they are unknown.
        drift_max_pct: Difference between our total and the provider's from which an account is marked, percent.
        flags: The environment's.
    """

    pool: Pool
    providers: Providers
    cipher: CredentialCipher
    clock: Clock
    log: Log
    bus: Bus | None = None
    drift_max_pct: Decimal = Decimal(1)
    flags: FlagStates = field(default_factory=lambda: DEFAULTS)


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh did.

    Attributes:
        incomplete: Why some accounts were left as they were; try again later.
        has_bank_lines: The connection has bank transactions to be read.
        changes_count: Stored rows that are other than before; None where they are not counted.
    """

    accounts_count: int
    holdings_count: int
    quarantined: Sequence[dict[str, str | None]] = ()
    incomplete: Sequence[str] = ()
    has_bank_lines: bool = False
    changes_count: int | None = None


class ClaimLost(Exception):  # named like all of ours
    """Another worker has taken the job: what this one fetched is not stored."""


@dataclass(frozen=True, slots=True)
class Target:
    """Which connection to read, and through whom."""

    connection: StoredConnection
    provider: Provider
    access: Access


async def target_of(parts: Parts, job: Job) -> Target:
    """Return what a job is about.

    Raises:
        Unsupported: The connection was removed.
        Misconfigured: Its provider is not set up, or no key decrypts its credential.
    """
    connection = await connection_by_id(parts.pool, job.connection_id)
    if connection is None or connection.status is ConnectionStatus.REMOVED:
        raise Unsupported("the connection was removed")
    return Target(connection, parts.providers[connection.provider], access_to(connection, parts.cipher))
