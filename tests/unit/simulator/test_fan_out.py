"""From one event to its subscribers."""

import json
from typing import Any

import msgpack

from simulator.events import Trade
from simulator.fan_out import ROOM_POINTS, FanOut, Outbox
from simulator.subscriptions import ENDPOINTS

_SIP, _CRYPTO = ENDPOINTS["/v2/sip"], ENDPOINTS["/v1beta3/crypto/us"]
_AAPL = Trade("AAPL", 1, 1, 271.5, 100, "Q", ("@",), "C")
_COIN = Trade("BTC/USD", 1, 1, 84_000.0, 0.1, "", (), "", "B")


def _client(fan_out: FanOut, *symbols: str, binary: bool = True, points_max: int = 10_000) -> Outbox:
    outbox = Outbox(binary=binary, points_max=points_max)
    fan_out.outboxes.add(outbox)
    fan_out.change(outbox, _SIP, "trades", set(symbols), set())
    return outbox


def _symbols(outbox: Outbox) -> list[str]:
    frames: list[list[dict[str, Any]]] = [
        msgpack.unpackb(frame) if outbox.binary else json.loads(frame) for frame in outbox.take_frames()
    ]
    return [point["S"] for frame in frames for point in frame]


async def test_only_subscribers_get_an_event_each_in_its_codec() -> None:
    fan_out = FanOut()
    binary, text, other = _client(fan_out, "AAPL"), _client(fan_out, "AAPL", binary=False), _client(fan_out, "SPY")
    fan_out.deliver(_AAPL)
    assert _symbols(binary) == _symbols(text) == ["AAPL"]
    assert len(other) == 0


async def test_a_star_means_all_symbols_of_its_endpoints_family() -> None:
    fan_out = FanOut()
    stocks = _client(fan_out, "*", "AAPL")
    coins = Outbox(binary=True, points_max=10)
    fan_out.change(coins, _CRYPTO, "trades", {"*"}, set())
    fan_out.deliver(_AAPL)
    fan_out.deliver(_COIN)
    assert _symbols(stocks) == ["AAPL"]
    assert _symbols(coins) == ["BTC/USD"]


async def test_unsubscribed_and_removed_clients_get_nothing() -> None:
    fan_out = FanOut()
    leaving, gone = _client(fan_out, "AAPL"), _client(fan_out, "AAPL")
    fan_out.change(leaving, _SIP, "trades", set(), {"AAPL"})
    fan_out.remove(gone)
    fan_out.deliver(_AAPL)
    assert len(leaving) == len(gone) == 0
    assert fan_out.wanted("trades") == frozenset()


async def test_a_lagging_client_gets_several_points_in_a_frame() -> None:
    outbox = Outbox(binary=True, points_max=100, frame_points_max=4)
    for number in range(10):
        outbox.put(msgpack.packb(number))
    assert [msgpack.unpackb(frame) for frame in outbox.take_frames()] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


async def test_answers_go_before_points_in_arrays_of_their_own() -> None:
    outbox = Outbox(binary=True, points_max=100)
    outbox.put(msgpack.packb(1))
    outbox.put_answer({"T": "success"})
    assert [msgpack.unpackb(frame) for frame in outbox.take_frames()] == [[{"T": "success"}], [1]]


async def test_a_full_outbox_overflows_instead_of_growing() -> None:
    fan_out = FanOut()
    outbox = _client(fan_out, "AAPL", points_max=3)
    for _ in range(5):
        fan_out.deliver(_AAPL)
    assert len(outbox) == 3
    assert outbox.overflowed.is_set()


async def test_room_and_idleness_follow_what_the_socket_took() -> None:
    fan_out = FanOut()
    outbox = _client(fan_out, "AAPL")
    for _ in range(ROOM_POINTS):
        fan_out.deliver(_AAPL)
    assert not outbox.has_room.is_set()
    outbox.take_frames()
    assert not outbox.idle.is_set()
    outbox.written()
    await fan_out.wait_for_room()
    await fan_out.wait_until_written()
