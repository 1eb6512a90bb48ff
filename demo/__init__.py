"""`make demo`: the whole service on this machine, with embedded servers and simulated providers.

Reads: the built dashboard. Writes: its own folder (`.navstream`). Promises: ends everything it started. Lost on
restart: all of it; each demo begins with a fresh database.
"""
