"""Market → Redis prices.

Reads: held instruments (Postgres, told at once by NOTIFY); Alpaca's market-data streams and REST.
Writes: Redis: the price board, the price feed, and how the streams are.
Promises: what is held is on the stream within a second of the commit; prices only move forward in time, except where
the market takes a trade back; trades that must not set a last price do not.
Lost on restart: nothing that lasts. The board says where to go on, REST snapshots fill the gap.
"""
