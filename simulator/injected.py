"""Events that a test or a demo asks for through the control API (pure)."""

from collections.abc import Mapping
from typing import Any

from simulator.catalog import BY_SYMBOL
from simulator.clock import parse_ns
from simulator.conditions import EXTENDED_HOURS, ODD_LOT, REGULAR, ROUND_LOT
from simulator.events import Cancel, Correction, Event, PriceBand, Quote, Status, Trade
from simulator.playback import Feed

Fields = Mapping[str, Any]
_ID_BASE = 900_000_000_000


class Injector:
    """Builds events from JSON; ids of its trades count from 900 billion.

    The kinds are trade, quote, correction, cancel, status and band. Every field but the symbol (and a price for a
    trade, bid and ask for a quote, an id for a correction or cancel) has a default.
    """

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._count = 0

    def event(self, fields: Fields, now_ns: int, *, extended_hours: bool) -> Event:
        """Return the event that `fields` describe.

        Raises:
            KeyError: A field is missing.
            ValueError: A field is not what it should be, or no recent trade has the id.
        """
        kind = fields.get("kind", "trade")
        time_ns = parse_ns(fields["time"]) if "time" in fields else now_ns
        match kind:
            case "trade":
                return self._trade(fields, time_ns, extended_hours=extended_hours)
            case "quote":
                return _quote(fields, time_ns)
            case "correction":
                original = self._sent(fields)
                price, size = float(fields.get("price", original.price)), fields.get("size", original.size)
                conditions = tuple(fields.get("conditions", original.conditions))
                corrected = original._replace(id=self._next_id(), price=price, size=size, conditions=conditions)
                return Correction(original, corrected, time_ns)
            case "cancel":
                return Cancel(self._sent(fields), fields.get("action", "C"), time_ns)
            case "status":
                return _status(fields, time_ns)
            case "band":
                symbol, bands = fields["symbol"], (float(fields["limit_up"]), float(fields["limit_down"]))
                return PriceBand(symbol, time_ns, *bands, fields.get("indicator", "B"), tape_of(symbol))
            case _:
                raise ValueError(f"unknown kind {kind}")

    def _next_id(self) -> int:
        self._count += 1
        return _ID_BASE + self._count

    def _trade(self, fields: Fields, time_ns: int, *, extended_hours: bool) -> Trade:
        symbol, price, size = fields["symbol"], float(fields["price"]), fields.get("size", 100)
        tape = tape_of(symbol)
        trade_id = int(fields.get("id", self._next_id()))
        if not tape:
            return Trade(symbol, time_ns, trade_id, price, size, "C", tuple(fields.get("conditions", ("I",))), "", "B")
        usual = (
            REGULAR[tape],
            *((EXTENDED_HOURS,) if extended_hours else ()),
            *((ODD_LOT,) if size < ROUND_LOT else ()),
        )
        conditions = tuple(fields.get("conditions", usual))
        return Trade(symbol, time_ns, trade_id, price, size, fields.get("exchange", "P"), conditions, tape)

    def _sent(self, fields: Fields) -> Trade:
        trade = self._feed.find_trade(fields["symbol"], int(fields["id"]))
        if trade is None:
            raise ValueError(f"no recent trade of {fields['symbol']} has the id {fields['id']}")
        return trade


def tape_of(symbol: str) -> str:
    """Return a symbol's tape; A for a listed symbol that the catalog lacks, none for pairs and options."""
    security = BY_SYMBOL.get(symbol)
    if security is not None:
        return security.tape
    return "" if "/" in symbol or symbol[-8:].isdigit() else "A"


def _quote(fields: Fields, time_ns: int) -> Quote:
    symbol = fields["symbol"]
    tape = tape_of(symbol)
    bid_size, ask_size = fields.get("bid_size", 100), fields.get("ask_size", 100)
    bid, ask = float(fields["bid"]), float(fields["ask"])
    return Quote(symbol, time_ns, bid, bid_size, ask, ask_size, "Q", "P", ("R",) if tape else ("A",), tape)


def _status(fields: Fields, time_ns: int) -> Status:
    symbol = fields["symbol"]
    halt = ("2", "Trading Halt") if tape_of(symbol) in {"A", "B"} else ("H", "Trading Halt")
    code, message = fields.get("code", halt[0]), fields.get("message", halt[1])
    reason, text = fields.get("reason_code", "M"), fields.get("reason_message", "Volatility Trading Pause")
    return Status(symbol, time_ns, code, message, reason, text, tape_of(symbol))
