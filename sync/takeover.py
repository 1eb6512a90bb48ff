"""A connection that takes over from older ones: their accounts move to it, with holdings and history.

Order matters: the older connection ends at the provider first, then here. Killed in between, the next refresh of the
new connection does the rest, and the old one no longer answers meanwhile.
"""

from collections.abc import Iterable, Sequence

from providers.base import HoldingsReport
from providers.linking import access_to
from realtime.domain.account import ConnectionId
from realtime.errors import NavstreamError
from realtime.store.accounts import StoredAccount, accounts_of_older_connections
from realtime.store.audit import Act, audit
from realtime.store.connections import connection_by_id, mark_removed
from realtime.store.pool import Connection
from sync.parts import Parts, Target
from sync.relink import Relinked, relinked, unknown_accounts


async def end_at_provider(parts: Parts, target: Target, connections: Iterable[ConnectionId]) -> None:
    """End connections that this one takes over at the provider; one that cannot be ended stays there."""
    for key in connections:
        older = await connection_by_id(parts.pool, key)
        if older is None:
            continue
        try:
            await target.provider.remove(access_to(older, parts.cipher))
        except NavstreamError as error:
            parts.log.warning("connection_not_ended", connection=key, reason=str(error))


async def recognised(
    database: Connection, target: Target, report: HoldingsReport, stored: Sequence[StoredAccount]
) -> Relinked:
    """Return which stored accounts the unknown ones of an answer are."""
    if not unknown_accounts(report, stored):
        return Relinked({})
    institution = report.institution.id if report.institution else target.connection.institution_id
    older = (
        [] if institution is None else await accounts_of_older_connections(database, target.connection.id, institution)
    )
    return relinked(report, stored, older)


async def end_older(database: Connection, target: Target, found: Relinked) -> None:
    """End, here, the connections that were taken over; call it when their accounts have moved."""
    newer = target.connection
    for key in found.ended:
        await mark_removed(database, key)
        facts = {"taken_over_by": newer.id}
        await audit(database, Act.UNLINK, user_id=newer.user_id, subject=key, actor="sync", facts=facts)
