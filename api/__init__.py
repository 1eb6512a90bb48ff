"""REST and the dashboard's files.

Reads: a user's accounts, connections and transactions (Postgres, as that user); newest values, sign-in codes and
heartbeats (Redis). Writes: refresh jobs (Postgres); interest, so that somebody computes what is asked for (Redis).
Promises: the user is the token's, never the request's; amounts are those of the WebSocket; an outage is an error
with a code, never an empty list or a zero. Lost on restart: nothing.
"""
