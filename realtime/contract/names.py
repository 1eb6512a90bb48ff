"""Every Redis key, stream and channel, and every Postgres NOTIFY channel. Nobody writes one by hand.

The part in braces is the hash tag: on a cluster, all names of one partition live on one node, and so do those that are
read together.
"""

from realtime.domain.account import AccountId, UserId
from realtime.domain.partition import Partition

HOLDINGS_CHANGED = "navstream_holdings_changed"
"""NOTIFY channel; payload: `user_id account_id version`, or `EVERYBODY`."""

EVERYBODY = "*"
"""In the place of a user: something changed that may concern each of them."""

JOB_QUEUED = "navstream_job_queued"
"""NOTIFY channel; no payload."""

WEBHOOK_STORED = "navstream_webhook_stored"
"""NOTIFY channel; no payload."""


PORTFOLIO_CHANGED = "navstream_portfolio_changed"
"""NOTIFY channel, by triggers: what is stored of a portfolio may be another; payload: `user_id`, or `EVERYBODY`."""


def price_board() -> str:
    """Hash: instrument id → newest Price."""
    return "nav:{prices}:board"


def price_feed() -> str:
    """Capped stream of PriceBatch."""
    return "nav:{prices}:feed"


def market_board() -> str:
    """Key: the collector's newest FeedState."""
    return "nav:{prices}:state"


def value_feed(partition: Partition) -> str:
    """Sharded Pub/Sub channel of ValueBatch."""
    return f"nav:{{p{partition}}}:values"


def value_log(partition: Partition) -> str:
    """Stream: the partition's newest ValueBatches, those that are not in the states yet; a revision is an entry id."""
    return f"nav:{{p{partition}}}:log"


def portfolio_state(partition: Partition, user_id: UserId) -> str:
    """Hash: newest published state of a portfolio; `figures`, `revision`, and one field a position."""
    return f"nav:{{p{partition}}}:portfolio:{user_id}"


def account_state(partition: Partition, account_id: AccountId) -> str:
    """Hash: newest published state of an account; fields as in `portfolio_state`."""
    return f"nav:{{p{partition}}}:account:{account_id}"


def interest(partition: Partition) -> str:
    """Sorted set: `user_id` or `user_id account_id` → wall time at which the lease on it expires, milliseconds."""
    return f"nav:{{p{partition}}}:interest"


def interest_changed() -> str:
    """Pub/Sub channel: `user_id` or `user_id account_id` that has just become watched."""
    return "nav:interest"


def lease(resource: str) -> str:
    """Key: the owner of a lease; expires unless renewed."""
    return f"nav:{{lease}}:{resource}"


def calculator_block(block: int) -> str:
    """Resource: the calculator that values a block of partitions."""
    return f"calculator:block:{block}"


def generation(partition: Partition) -> str:
    """Counter: raised by each calculator that claims the partition."""
    return f"nav:{{p{partition}}}:generation"


def heartbeat(process: str) -> str:
    """Key: a process's newest Heartbeat; expires when the process is gone."""
    return f"nav:{{heartbeat}}:{process}"


def heartbeats() -> str:
    """Pattern for SCAN over all heartbeats."""
    return "nav:{heartbeat}:*"


def sign_in_code(code: str) -> str:
    """Key: the user id for which a sign-in code was issued; expires."""
    return f"nav:sign-in:{code}"


def kept_portfolio(partition: Partition, user_id: UserId) -> str:
    """Key: what was read from Postgres for a user's aggregated portfolio, after its edition; expires."""
    return f"nav:{{p{partition}}}:kept:{user_id}"


def kept_edition(partition: Partition, user_id: UserId) -> str:
    """Counter: raised when what is kept of a user is no longer true."""
    return f"nav:{{p{partition}}}:edition:{user_id}"


def kept_edition_of_everybody() -> str:
    """Counter: the same for all users together."""
    return "nav:edition"


def rate_limits() -> str:
    """Prefix of the counters of requests, by limit and by whom."""
    return "nav:limit"
