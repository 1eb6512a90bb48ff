"""Statements: files that a broker lets its customers download; one connection is one file (an example)."""
