"""What a Redis or Valkey server is, for whoever looks a set-up over; changes nothing."""

from dataclasses import dataclass
from time import perf_counter
from typing import Any, cast

from redis.exceptions import AuthenticationError, RedisError

from realtime.bus.client import Bus, open_bus
from realtime.bus.cluster import as_cluster
from realtime.bus.heartbeats import read_heartbeats
from realtime.contract.messages import Heartbeat
from realtime.errors import Misconfigured, RetryLater

_TRIES = 5


@dataclass(frozen=True, slots=True)
class BusFacts:
    """One look at a server, or at one node of a cluster.

    Attributes:
        compatible: The Redis version that it is compatible with, (major, minor).
        answer_ms: How long the simplest question takes, there and back; the best of a few.
        eviction: What it does when it is full; `noeviction` keeps what is there.
        heartbeats: Of the stages that run now.
    """

    name: str
    version: str
    compatible: tuple[int, int]
    answer_ms: float
    eviction: str
    heartbeats: tuple[Heartbeat, ...]


async def inspect_bus(url: str) -> BusFacts:
    """Return what a server is.

    Raises:
        RetryLater: It does not answer.
        Misconfigured: It refuses the user or password.
    """
    try:
        async with open_bus(url) as bus:
            info = _of_one_node(await bus.info(), as_cluster(bus) is not None)
            answer_ms = min([await _answer_ms(bus) for _ in range(_TRIES)])
            beats = await read_heartbeats(bus)
    except AuthenticationError:
        raise Misconfigured(("NAVSTREAM_REDIS_URL: Redis refuses its user or password",)) from None
    except ValueError:
        raise Misconfigured(("NAVSTREAM_REDIS_URL: no address of a Redis",)) from None
    except (RedisError, OSError, TimeoutError) as error:
        raise RetryLater(f"Redis does not answer ({type(error).__name__})") from error
    major, minor = str(info["redis_version"]).split(".")[:2]
    return BusFacts(
        name=str(info.get("server_name", "redis")),
        version=str(info.get("valkey_version", info["redis_version"])),
        compatible=(int(major), int(minor)),
        answer_ms=answer_ms,
        eviction=str(info.get("maxmemory_policy", "unknown")),
        heartbeats=tuple(beats),
    )


def _of_one_node(info: Any, is_cluster: bool) -> dict[str, Any]:
    answer = next(iter(info.values())) if is_cluster and isinstance(next(iter(info.values())), dict) else info
    return cast("dict[str, Any]", answer)


async def _answer_ms(bus: Bus) -> float:
    asked_at = perf_counter()
    await bus.time()
    return (perf_counter() - asked_at) * 1000
