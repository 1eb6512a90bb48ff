"""The monitor: looks at everything each second and tells the operator what is wrong, once, and when it is over.

Reads: heartbeats, feed state and price feed (Redis); accounts, connections, jobs, sync runs (Postgres).
Writes: alerts (Postgres, logs, the operator's webhook).
Promises: an alert fires once and clears once, also when the monitor restarts; nothing fires because a market is closed.
Lost on restart: how long a fault that has not fired yet has lasted; what fired while Postgres was down is fired again.
"""
