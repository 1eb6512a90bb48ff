"""Frames on their way to the loop."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from symbol_collector.decode import Raw
from symbol_collector.inbox import Frame, Inbox, conflated


def trade(symbol: str, number: int) -> Raw:
    return {"T": "t", "S": symbol, "i": number, "c": ["@"], "z": "C"}


@given(st.lists(st.sampled_from("AB"), min_size=1, max_size=60))
def test_the_newest_trade_of_every_symbol_survives(symbols: list[str]) -> None:
    """Conflation changes no last price, and keeps the order."""
    frames = [Frame([trade(symbol, number)], number) for number, symbol in enumerate(symbols)]
    kept = [raw for frame in conflated(frames, 20) for raw in frame.messages]
    assert [raw["i"] for raw in kept] == sorted(raw["i"] for raw in kept)
    newest = {symbol: number for number, symbol in enumerate(symbols)}
    assert {raw["S"]: raw["i"] for raw in kept} == newest


def test_corrections_and_cancels_are_kept() -> None:
    """They change prices that were shown; trades of the same symbol go first."""
    withdrawn: list[Raw] = [{"T": "x", "S": "A"}, {"T": "c", "S": "A"}]
    frames = [Frame(withdrawn, 0), Frame([trade("A", number) for number in range(50)], 1)]
    kept = conflated(frames, 100)
    assert kept[0].messages == withdrawn
    assert len(kept[1].messages) < 10


def test_a_trade_that_sets_no_price_takes_no_place() -> None:
    """A burst of odd lots must not push the last sale out."""
    sale = trade("A", 1)
    odd_lots: list[Raw] = [{**trade("A", number), "c": ["@", "I"]} for number in range(2, 20)]
    assert conflated([Frame([sale, *odd_lots], 0)], 100) == [Frame([sale], 0)]


async def test_memory_is_bounded_and_the_loss_is_counted() -> None:
    inbox = Inbox(asyncio.get_running_loop(), messages_max=100)
    for number in range(1_000):
        inbox.put([trade("A", number)], number)
    taken = [raw for frame in await inbox.take() for raw in frame.messages]
    assert len(taken) <= 100
    assert inbox.conflated_count == 1_000 - len(taken)
    assert taken[-1]["i"] == 999


async def test_frames_of_other_threads_wake_the_reader() -> None:
    inbox = Inbox(asyncio.get_running_loop())
    reading = asyncio.ensure_future(inbox.take())
    await asyncio.to_thread(inbox.put, [trade("A", 1)], 7)
    async with asyncio.timeout(1):
        assert await reading == [Frame([trade("A", 1)], 7)]
