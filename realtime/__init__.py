"""The shared kernel: domain words, contracts between stages, Postgres, Redis, settings and the clock.

Imports no stage and no provider. Everything here is used by at least two stages.
"""
