"""Alpaca, Plaid and SnapTrade as they answer, on loopback: a second, independent reading of their documents.

Reads: command-line options, the market's time mapping, a recording when asked to play one.
Writes: sockets only.
Promises: the same seed gives the same world; the real SDKs cannot tell it from the real services; it misbehaves as
they do when told to.
Lost on restart: what was changed through the control API. Prices are where they would have been.
"""
