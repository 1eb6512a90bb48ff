"""The parts of the simulated Alpaca service, put together (wiring)."""

import asyncio
import dataclasses
import itertools
import string
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal

from aiohttp import web

from simulator.catalog import SECURITIES, Security
from simulator.clock import SECOND_NS, market_time
from simulator.daily_history import Bars, DailyHistory, read_daily_bars
from simulator.exchange_rates import ExchangeRates
from simulator.fan_out import FanOut
from simulator.market import GeneratedMarket
from simulator.market_control import MarketControl
from simulator.market_options import MarketOptions
from simulator.market_rest import MarketRest
from simulator.market_stream import MarketStream
from simulator.market_view import MarketView
from simulator.opening_state import opening_state
from simulator.plan import Plan
from simulator.playback import FastPlayback, Feed, Playback, TimedPlayback
from simulator.recorded import RecordedMarket, first_prices
from simulator.sessions import Sessions, load_sessions

TAPES = {security.symbol: security.tape for security in SECURITIES if security.tape}


def synthetic_securities(count: int) -> tuple[Security, ...]:
    """Return made-up stocks AAAAA, AAAAB, … for load."""
    letters = itertools.product(string.ascii_uppercase, repeat=5)
    return tuple(
        Security(
            "".join(name), f"Synthetic {number}", "equity", "NYSE", "ACB"[number % 3],
            Decimal(20 + number % 400), 0.2 + number % 7 / 20, 0.5 + number % 11 / 10, 200_000 + number % 97 * 40_000,
        )
        for number, name in enumerate(itertools.islice(letters, count))
    )  # fmt: skip


def _with_bases(securities: Sequence[Security], prices: Mapping[str, float]) -> tuple[Security, ...]:
    """Let the generated history of some symbols end at these previous closes."""
    return tuple(
        dataclasses.replace(security, base_price=Decimal(repr(prices[security.symbol])))
        if security.symbol in prices
        else security
        for security in securities
    )


def _previous_closes(bars: Bars, sessions: Sessions, origin_ns: int) -> dict[str, float]:
    """Return the real closes of the day before the market's first, as far as they are known."""
    before = sessions.days[sessions.index(sessions.current(origin_ns).date) - 1].date
    return {symbol: days[before].close for symbol, days in bars.items() if before in days}


def build(options: MarketOptions) -> web.Application:
    """Return the application; its market runs while it is served.

    Raises:
        ValueError: A file or an origin is not what it should be.
        OSError: A file cannot be read.
    """
    recorded = RecordedMarket(options.recording, TAPES) if options.recording else None
    starts_ns = recorded.next_due_ns() - SECOND_NS if recorded is not None else None
    mapping = market_time(options.market_origin, options.wall_origin, options.speed, unset_origin_ns=starts_ns)
    starts_at_ns = starts_ns if options.full_speed and starts_ns is not None else mapping.now_ns()
    sessions = load_sessions(starts_at_ns)
    prices = first_prices(options.recording, TAPES) if options.recording else {}
    bars = read_daily_bars(options.daily_bars) if options.daily_bars else {}
    origin_ns = starts_at_ns if options.full_speed else mapping.market_origin_ns
    securities = _with_bases(SECURITIES, prices | _previous_closes(bars, sessions, origin_ns))
    market = GeneratedMarket(
        (*securities, *synthetic_securities(options.synthetic_count)),
        sessions,
        origin_ns,
        options.seed,
        rate=options.rate,
        speed=mapping.speed,
    )
    with_others = recorded is None or (options.with_others and not options.full_speed)
    market.silent = _silent(market, frozenset(prices), with_others=with_others)
    market.skip_to(starts_at_ns)
    history = DailyHistory(market, bars)
    tape = opening_state(market, history, market.silent, starts_at_ns)

    plan = Plan(
        {options.key: options.secret},
        connections_max=options.connections_max,
        symbols_max=options.symbols_max,
        calls_per_minute=options.calls_per_minute,
    )
    fan_out = FanOut()
    feed = Feed(tape, fan_out, plan)
    playback: Playback
    if options.full_speed:
        assert recorded is not None
        playback = FastPlayback(feed, recorded, fan_out, held=options.held)
    else:
        playback = TimedPlayback(feed, mapping, market, recorded)
    return _application(MarketView(market, history, playback, plan), fan_out, options)


def _silent(market: GeneratedMarket, played: frozenset[str], *, with_others: bool) -> frozenset[str]:
    """Return the symbols that the generator leaves alone: the recorded ones and their options, or all."""
    if not with_others:
        return frozenset((*market.stock_paths.columns, *market.open_ended_paths.columns, *market.options))
    return played | {symbol for symbol, model in market.options.items() if model.contract.underlying in played}


def _application(view: MarketView, fan_out: FanOut, options: MarketOptions) -> web.Application:
    def subscriptions_changed() -> None:
        view.market.quoted = _named(fan_out.wanted("quotes"), view)
        view.market.banded = _named(fan_out.wanted("lulds"), view)

    stream = MarketStream(
        view.plan,
        fan_out,
        points_max=options.points_max,
        frame_points_max=options.frame_points_max,
        on_change=subscriptions_changed,
        auth_timeout_s=options.auth_timeout_s,
    )
    rates = ExchangeRates(view.playback.now_ns(), options.seed)

    async def running(_app: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(view.playback.run())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    async def hang_up(_app: web.Application) -> None:
        for client in stream.clients:
            client.drop()

    app = web.Application()
    app.cleanup_ctx.append(running)
    app.on_shutdown.append(hang_up)
    app.add_routes(stream.routes() + MarketRest(view, rates).routes() + MarketControl(view, stream).routes())
    return app


def _named(wanted: frozenset[str], view: MarketView) -> frozenset[str]:
    """Return the symbols asked for, `*` spelled out."""
    return frozenset(view.tape.symbols) if "*" in wanted else wanted
