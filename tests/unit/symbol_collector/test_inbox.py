"""The inbox between the streams' threads and the loop."""

import asyncio
import threading
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from symbol_collector.inbox import Frame, Inbox, conflated


def trade(symbol: str, number: int, *conditions: str) -> dict[str, Any]:
    return {"T": "t", "S": symbol, "i": number, "p": 1.0, "c": list(conditions or ("@",)), "z": "C", "t": number}


async def test_frames_come_out_in_the_order_in_which_they_went_in() -> None:
    inbox = Inbox(asyncio.get_running_loop())
    for number in range(3):
        inbox.put([trade("X", number)], number)
    assert [frame.received_ns for frame in await inbox.take()] == [0, 1, 2]


async def test_a_frame_from_another_thread_wakes_the_reader() -> None:
    inbox = Inbox(asyncio.get_running_loop())
    thread = threading.Thread(target=lambda: inbox.put([trade("X", 1)], 1))
    thread.start()
    async with asyncio.timeout(2):
        assert [frame.received_ns for frame in await inbox.take()] == [1]
    thread.join()


async def test_nothing_is_lost_between_two_readings() -> None:
    """The wake-up of a frame that came while another was taken is not lost."""
    count, taken = 20_000, 0
    inbox = Inbox(asyncio.get_running_loop(), messages_max=count)

    def put_all() -> None:
        for number in range(count):
            inbox.put([trade("X", number)], number)

    thread = threading.Thread(target=put_all)
    thread.start()
    async with asyncio.timeout(10):
        while taken < count:
            taken += len(await inbox.take())
    thread.join()


async def test_when_full_it_conflates_and_says_so() -> None:
    """Bounded memory: the newest price decides, not the queue."""
    inbox = Inbox(asyncio.get_running_loop(), messages_max=100)
    for number in range(1_000):
        inbox.put([trade("X", number)], number)
    frames = await inbox.take()
    messages = [raw["i"] for frame in frames for raw in frame.messages]
    assert len(messages) <= 100
    assert messages[-1] == 999
    assert messages == sorted(messages)
    assert inbox.conflated_count == 1_000 - len(messages)


def test_the_newest_price_setting_trades_of_each_symbol_survive() -> None:
    frames = [Frame([trade("X", number), trade("Y", number, "@", "I")], number) for number in range(10)]
    kept = [raw for frame in conflated(frames, 100) for raw in frame.messages]
    assert [(raw["S"], raw["i"]) for raw in kept] == [("X", 6), ("X", 7), ("X", 8), ("X", 9)]


def test_corrections_and_cancels_survive() -> None:
    """What undoes a price is never conflated away before trades are."""
    cancel, correction = {"T": "x", "S": "X", "i": 1}, {"T": "c", "S": "X", "oi": 1}
    frames = [Frame([cancel, correction], 0)] + [Frame([trade("X", number)], number) for number in range(50)]
    kept = [raw for frame in conflated(frames, 100) for raw in frame.messages]
    assert kept[:2] == [cancel, correction]


def test_one_quote_a_symbol_survives() -> None:
    quotes = [Frame([{"T": "q", "S": "X", "bp": number}], number) for number in range(5)]
    assert [raw["bp"] for frame in conflated(quotes, 100) for raw in frame.messages] == [4]


def test_the_limit_holds_whatever_comes() -> None:
    cancels = [Frame([{"T": "x", "S": "X", "i": number}], number) for number in range(300)]
    kept = [raw["i"] for frame in conflated(cancels, 100) for raw in frame.messages]
    assert kept == list(range(200, 300))


def test_what_is_no_message_is_dropped() -> None:
    junk: list[Any] = [7, "x", None, trade("X", 1)]
    assert [frame.messages for frame in conflated([Frame(junk, 0)], 100)] == [[trade("X", 1)]]


@given(st.lists(st.sampled_from("AB"), min_size=1, max_size=60))
def test_the_newest_trade_of_every_symbol_survives(symbols: list[str]) -> None:
    """Conflation changes no last price, and keeps the order."""
    frames = [Frame([trade(symbol, number)], number) for number, symbol in enumerate(symbols)]
    kept = [raw for frame in conflated(frames, 20) for raw in frame.messages]
    assert [raw["i"] for raw in kept] == sorted(raw["i"] for raw in kept)
    assert {raw["S"]: raw["i"] for raw in kept} == {symbol: number for number, symbol in enumerate(symbols)}


def test_a_burst_of_odd_lots_does_not_push_the_last_sale_out() -> None:
    sale = trade("X", 1)
    odd_lots = [trade("X", number, "@", "I") for number in range(2, 20)]
    assert conflated([Frame([sale, *odd_lots], 0)], 100) == [Frame([sale], 0)]
