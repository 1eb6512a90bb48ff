"""`navstream doctor`: looks a set-up over and says what to do about each finding.

Reads: the settings, Postgres, Redis, the providers, this machine. Writes: nothing. Promises: no secret is shown, every
finding that is not well says what to do. Lost on restart: nothing.
"""
