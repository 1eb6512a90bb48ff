"""Postgres: the only code that speaks to it. A module per aggregate; SQL as named constants."""
