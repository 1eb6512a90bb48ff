"""Holdings times prices → values of accounts and portfolios.

Reads: holdings, instruments and provider prices (Postgres, told at once by NOTIFY); the price board and feed, and which
users are watched (Redis).
Writes: states and value batches of the watched users of its partitions (Redis).
Promises: what is published equals exact decimal arithmetic to the cent; unknown stays unknown and is counted.
Lost on restart: nothing; everything is read again and published in full under a later generation.
"""
