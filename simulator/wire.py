"""How market events look on the stream and in REST answers (pure).

On the stream a point is a map with `T` first and a time stamp as MessagePack's own extension; over JSON, and in REST,
times are RFC 3339 strings.
"""

import json
from collections.abc import Iterable
from typing import Any, assert_never

import msgpack

from simulator.clock import SECOND_NS, rfc3339
from simulator.events import Bar, Cancel, Correction, Event, PriceBand, Quote, Status, Stream, Trade, stream_of

Fields = dict[str, Any]

CHANNELS = ("trades", "quotes", "bars", "updatedBars", "dailyBars", "statuses", "lulds", "corrections", "cancelErrors")
_BAR_CHANNELS = {"b": "bars", "u": "updatedBars", "d": "dailyBars"}
_packer = msgpack.Packer()


def route(event: Event) -> tuple[str, str]:  # noqa: PLR0911 - one per type
    """Return the channel and the symbol that an event belongs to."""
    match event:
        case Trade():
            return "trades", event.symbol
        case Quote():
            return "quotes", event.symbol
        case Bar():
            return _BAR_CHANNELS[event.span], event.symbol
        case Correction():
            return "corrections", event.original.symbol
        case Cancel():
            return "cancelErrors", event.trade.symbol
        case Status():
            return "statuses", event.symbol
        case PriceBand():
            return "lulds", event.symbol
        case _:
            assert_never(event)


def trade_fields(trade: Trade) -> Fields:
    """Return a trade without its type, symbol and time, in its family's spelling."""
    match stream_of(trade.symbol):
        case Stream.CRYPTO:
            return {"p": trade.price, "s": trade.size, "i": trade.id, "tks": trade.taker_side}
        case Stream.OPTION:
            return {"p": trade.price, "s": int(trade.size), "x": trade.exchange, "c": trade.conditions[0]}
        case Stream.STOCK | Stream.TEST:
            return {
                "i": trade.id,
                "x": trade.exchange,
                "p": trade.price,
                "s": int(trade.size),
                "c": trade.conditions,
                "z": trade.tape,
            }


def quote_fields(quote: Quote) -> Fields:
    """Return a quote without its type, symbol and time, in its family's spelling."""
    prices: Fields = {"bp": quote.bid, "bs": quote.bid_size, "ap": quote.ask, "as": quote.ask_size}
    family = stream_of(quote.symbol)
    if family is Stream.CRYPTO:
        return prices
    prices |= {"bs": int(quote.bid_size), "as": int(quote.ask_size), "bx": quote.bid_exchange, "ax": quote.ask_exchange}
    if family is Stream.OPTION:
        return prices | {"c": quote.conditions[0]}
    return prices | {"c": quote.conditions, "z": quote.tape}


def bar_fields(bar: Bar) -> Fields:
    """Return a bar without its type, symbol and time."""
    volume = bar.volume if stream_of(bar.symbol) is Stream.CRYPTO else int(bar.volume)
    return {
        "o": bar.open,
        "h": bar.high,
        "l": bar.low,
        "c": bar.close,
        "v": volume,
        "n": bar.trades_count,
        "vw": round(bar.vwap, 6),
    }


def _correction_fields(event: Correction) -> Fields:
    old, new = event.original, event.corrected
    return {
        "x": old.exchange,
        "oi": old.id,
        "op": old.price,
        "os": int(old.size),
        "oc": old.conditions,
        "ci": new.id,
        "cp": new.price,
        "cs": int(new.size),
        "cc": new.conditions,
        "z": old.tape,
    }


def _point(event: Event) -> tuple[str, str, Fields, int]:  # noqa: PLR0911 - one per type
    match event:
        case Trade():
            return "t", event.symbol, trade_fields(event), event.time_ns
        case Quote():
            return "q", event.symbol, quote_fields(event), event.time_ns
        case Bar():
            return event.span, event.symbol, bar_fields(event), event.time_ns
        case Correction():
            return "c", event.original.symbol, _correction_fields(event), event.time_ns
        case Cancel(trade, action):
            fields = {"i": trade.id, "x": trade.exchange, "p": trade.price, "s": int(trade.size)}
            return "x", trade.symbol, fields | {"a": action, "z": trade.tape}, event.time_ns
        case Status():
            fields = {"sc": event.code, "sm": event.message, "rc": event.reason_code, "rm": event.reason_message}
            return "s", event.symbol, fields | {"z": event.tape}, event.time_ns
        case PriceBand():
            fields = {"u": event.limit_up, "d": event.limit_down, "i": event.indicator, "z": event.tape}
            return "l", event.symbol, fields, event.time_ns
        case _:
            assert_never(event)


def msgpack_point(event: Event) -> bytes:
    """Encode one event for a MessagePack client."""
    kind, symbol, fields, time_ns = _point(event)
    timestamp = msgpack.Timestamp(*divmod(time_ns, SECOND_NS))
    packed: bytes = _packer.pack({"T": kind, "S": symbol, **fields, "t": timestamp})
    return packed


def json_point(event: Event) -> bytes:
    """Encode one event for a JSON client."""
    kind, symbol, fields, time_ns = _point(event)
    return json.dumps({"T": kind, "S": symbol, **fields, "t": rfc3339(time_ns)}, separators=(",", ":")).encode()


def msgpack_frame(points: list[bytes]) -> bytes:
    """Return the points as one MessagePack array."""
    header: bytes = _packer.pack_array_header(len(points))
    return header + b"".join(points)


def json_frame(points: list[bytes]) -> bytes:
    """Return the points as one JSON array."""
    return b"[" + b",".join(points) + b"]"


def rest_point(fields: Fields, time_ns: int) -> Fields:
    """Return a point as REST answers it: its time as a string."""
    return {"t": rfc3339(time_ns), **fields}


def acknowledged(channels: Iterable[str], symbols: dict[str, set[str]]) -> Fields:
    """Return the acknowledgement of a (un)subscribe: the entire set, every channel named."""
    return {"T": "subscription", **{channel: sorted(symbols.get(channel, ())) for channel in channels}}
