"""The broadcaster: Redis values → WebSocket clients, snapshot then deltas.

Reads: the value feed and states, the price feed and board, the feed's state (Redis); a user's accounts and the
instrument of a symbol (Postgres); clients' ops. Writes: interest (Redis); snapshots and deltas to clients.
Promises: a client's state is the newest that its socket has room for; a slow client costs bounded memory and nobody
else's latency; no client sees another user's channel. Lost on restart: the last sent states, so that every client
gets snapshots when it comes back.
"""
