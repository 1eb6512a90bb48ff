"""A refresh that a person asks for: queued, and written down."""

from realtime.domain.account import ConnectionId, UserId
from realtime.store.audit import Act, audit
from realtime.store.jobs import Trigger, enqueue_refresh
from realtime.store.pool import Connection


async def request_refresh(connection: Connection, connection_id: ConnectionId, user_id: UserId) -> None:
    """Ask for a refresh of a connection now; call it bound to its user."""
    await enqueue_refresh(connection, connection_id=connection_id, user_id=user_id, trigger=Trigger.REQUEST)
    await audit(connection, Act.REFRESH, user_id=user_id, subject=connection_id)
