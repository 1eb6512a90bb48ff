"""Who is sent what, and when."""

import asyncio
from itertools import pairwise
from typing import Any

import msgspec
import pytest
import uvloop

from broadcaster.channels import Channel, State
from broadcaster.client import Client
from broadcaster.fanout import Fanout
from broadcaster.latency import Latency
from broadcaster.protocol import Times
from realtime.clock import MarketClock, WallClock, now_ns
from tests.support.waiting import wait_until
from tests.unit.broadcaster.builders import Page, channel_named, client_of, state_of


def messages(page: Page) -> list[dict[str, Any]]:
    return [msgspec.json.decode(frame[4 if frame[1] == 126 else 2 :]) for frame in page.frames]


def values(page: Page) -> list[int]:
    return [message["data"]["a"] for message in messages(page)]


def show(channel: Channel, value: int) -> None:
    channel.show(state_of({"a": value}))


@pytest.fixture
async def fanout() -> Fanout:
    return Fanout()


async def following(channel: Channel, **options: Any) -> tuple[Client, Page]:
    page = Page()
    client = client_of(page, **options)
    client.subscribe(channel, None)
    return client, page


async def turns(count: int = 3) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_changes_within_a_turn_are_one_message(fanout: Fanout) -> None:
    """Batches that are here together are told together."""
    channel = channel_named()
    _, page = await following(channel)
    for value in range(5):
        show(channel, value)
        fanout.changed([channel])
    await turns()
    assert values(page) == [4]
    assert (fanout.messages_count, fanout.bytes_count) == (1, len(page.frames[0]))


async def test_every_client_of_a_channel(fanout: Fanout) -> None:
    """Each with its own numbers; those of other channels hear nothing."""
    channel, other = channel_named(), channel_named("market")
    pages = [(await following(channel))[1] for _ in range(100)]
    _, quiet = await following(other)
    for value in (1, 2):
        show(channel, value)
        fanout.changed([channel])
        await turns(10)
    assert all([message["seq"] for message in messages(page)] == [1, 2] for page in pages)
    assert quiet.frames == []


async def test_a_full_client_waits_for_room(fanout: Fanout) -> None:
    """Nothing is written while its socket is full; then the newest state of each channel it is behind on."""
    channels = [channel_named("portfolio"), channel_named("positions"), channel_named("market")]
    page = Page()
    client = client_of(page)
    for channel in channels:
        client.subscribe(channel, None)
        show(channel, 0)
    fanout.changed(channels)
    await turns()
    page.has_room = False
    for value in range(1, 50):
        for channel in channels[:2]:
            show(channel, value)
        fanout.changed(channels)
        await turns()
    assert len(page.frames) == 3
    page.has_room = True
    fanout.room(client)
    assert [(message["channel"], message["data"]["a"]) for message in messages(page)[3:]] == [
        ("portfolio", 49),
        ("positions", 49),
    ]


async def test_room_that_is_used_up_again(fanout: Fanout) -> None:
    """One large message may fill the socket; the rest waits on."""
    channels = [channel_named(name) for name in ("portfolio", "positions", "market")]
    page = Page()
    client = client_of(page)

    def write(frame: bytes) -> None:
        page.frames.append(frame)
        page.has_room = False

    page.write = write
    for channel in channels:
        show(channel, 1)
        fanout.offer(client.subscribe(channel, None))
    for expected in (1, 2, 3):
        assert len(page.frames) == expected
        page.has_room = True
        fanout.room(client)
    assert {message["channel"] for message in messages(page)} == {"portfolio", "positions", "market"}


async def test_rate_and_trailing_edge(fanout: Fanout) -> None:
    """At 20 a second, messages are 50 ms apart, and the last state is always among them."""
    channel = channel_named()
    _, page = await following(channel, rate=20)
    loop = asyncio.get_running_loop()
    stamps: list[float] = []

    def write(frame: bytes) -> None:
        page.frames.append(frame)
        stamps.append(loop.time())

    page.write = write
    for value in range(30):
        show(channel, value)
        fanout.changed([channel])
        await asyncio.sleep(0.005)
    await wait_until(lambda: values(page)[-1] == 29)
    assert 3 <= len(stamps) <= 7
    assert min(later - earlier for earlier, later in pairwise(stamps)) >= 0.049


async def test_a_quiet_channel_is_told_at_once(fanout: Fanout) -> None:
    """The rate holds back only what follows too soon: the leading edge does not wait."""
    channel = channel_named()
    _, page = await following(channel, rate=0.1)
    show(channel, 1)
    fanout.changed([channel])
    await turns()
    assert values(page) == [1]


async def test_rates_are_each_channels_own(fanout: Fanout) -> None:
    """A client waiting on one channel is told of another."""
    slow, fast = channel_named("portfolio"), channel_named("market")
    page = Page()
    client = client_of(page, rate=0.1)
    client.subscribe(slow, None)
    client.subscribe(fast, None)
    for channel in (slow, fast):
        show(channel, 1)
        fanout.changed([channel])
        await turns()
    assert len(page.frames) == 2


async def test_one_who_left_is_sent_nothing(fanout: Fanout) -> None:
    """Not even what was already on the timetable, or waited for room."""
    channel = channel_named()
    client, page = await following(channel, rate=50)
    for value in (1, 2):
        show(channel, value)
        fanout.changed([channel])
        await turns()
    assert values(page) == [1]
    client.unsubscribe("portfolio")
    show(channel, 3)
    fanout.changed([channel])
    await asyncio.sleep(0.05)
    assert values(page) == [1]


async def test_a_long_turn_is_shared(fanout: Fanout, monkeypatch: pytest.MonkeyPatch) -> None:
    """Telling very many takes several turns; in between others get theirs, and everybody is told once."""
    monkeypatch.setattr("broadcaster.fanout._SLICE_S", 0.0)
    channel = channel_named()
    pages = [(await following(channel))[1] for _ in range(200)]
    show(channel, 1)
    fanout.changed([channel])
    await turns(1)
    told = sum(len(page.frames) for page in pages)
    assert 0 < told < 200
    show(channel, 2)
    fanout.changed([channel])
    await turns(20)
    assert all(values(page)[-1] == 2 for page in pages)
    assert fanout.messages_count == 200 + told


def test_an_alarm_that_a_long_turn_made_late_stops_nothing() -> None:
    """uvloop hands out another kind of handle for what is due at once; asyncio's own loop does not."""

    async def two_wait() -> tuple[list[int], list[int]]:
        fanout = Fanout()
        first, second = channel_named(), channel_named("market")
        (one, page), (other, second_page) = await following(first), await following(second)
        show(first, 1)
        show(second, 2)
        now = asyncio.get_running_loop().time()
        for client, due_at in ((one, now - 0.1), (other, now + 0.02)):
            [subscription] = client.subscriptions.values()
            subscription.due_at = due_at
            fanout._postpone(subscription)
        await wait_until(lambda: values(second_page), what="the later one")
        return values(page), values(second_page)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(two_wait()) == ([1], [2])


class Observed(Latency):
    """Keeps what it observes."""

    def __init__(self) -> None:
        super().__init__(MarketClock.real(WallClock()))
        self.messages: list[tuple[Times, int]] = []

    def observe(self, times: Times, sent_us: int) -> None:
        self.messages.append((times, sent_us))


async def test_the_way_from_a_trade_to_a_client_is_observed() -> None:
    """Ensure a message is observed with the times of the price behind it, about once for 32 messages."""
    observed, channel = Observed(), channel_named()
    fanout = Fanout(observed)
    pages = [(await following(channel))[1] for _ in range(64)]
    times = Times(1, 2, 3, 0)
    channel.show(State("", {"a": 1}, times))
    before_us = now_ns() // 1000
    fanout.changed([channel])
    await turns()
    assert all(page.frames for page in pages)
    assert [seen for seen, _ in observed.messages] == [times, times]
    assert all(before_us <= sent_us <= now_ns() // 1000 for _, sent_us in observed.messages)


async def test_what_no_price_caused_has_no_latency() -> None:
    """Ensure neither a change of holdings nor the snapshot of a new client counts as a slow trade."""
    observed, channel = Observed(), channel_named()
    fanout = Fanout(observed)
    client, page = await following(channel)
    show(channel, 1)
    fanout.changed([channel])
    await turns()
    channel.show(State("", {"a": 2}, Times(1, 2, 3, 0)))
    fanout.offer(client.subscribe(channel, None))
    assert len(page.frames) == 2
    assert observed.messages == []
