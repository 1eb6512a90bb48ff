"""Sync: providers → Postgres.

Reads: jobs (Postgres, told at once by NOTIFY), provider APIs.
Writes: accounts, instruments, holdings, provider prices, transactions, sync runs, the state of connections and jobs.
Promises: an account's holdings are replaced whole, in one transaction with their version and NOTIFY; a failed or
partial fetch changes nothing; one run at a time for each connection; no job is lost.
Lost on restart: nothing. A job that was running is claimed again within seconds.
"""
