"""The settings of a demo: where everything is, throw-away secrets, the market clock."""

import secrets
import socket
from datetime import UTC, datetime, timedelta

from cryptography.fernet import Fernet

from demo.options import Options
from demo.recording import first_trade_time
from demo.simulators import SimulatorUrls
from realtime.clock import WallClock
from realtime.embedded import EmbeddedServers
from realtime.errors import Misconfigured
from realtime.market_hours import market_hours_around
from realtime.up import STAGES

_AFTER_OPEN = timedelta(hours=1)
_STANDSTILL = 1e-6


def check_ports(options: Options) -> None:
    """Make sure that the two ports of the demo are free.

    Raises:
        Misconfigured: Names each that is taken, and the option to use another.
    """
    taken = [
        f"port {port} is taken by another program; choose another, e.g.: make demo DEMO_ARGS='{option} {port + 100}'"
        for port, option in ((options.port, "--port"), (options.websocket_port, "--websocket-port"))
        if not _is_free(port)
    ]
    if taken:
        raise Misconfigured(tuple(taken))


def clock_environment(options: Options) -> dict[str, str]:
    """Return the settings of the market clock: it starts now, on the day that the demo plays."""
    now = WallClock().now()
    origin = options.market_time or _default_market_time(options, now)
    return {
        "NAVSTREAM_MARKET_ORIGIN": origin.astimezone(UTC).isoformat(),
        "NAVSTREAM_WALL_ORIGIN": now.isoformat(),
        "NAVSTREAM_MARKET_SPEED": str(_STANDSTILL if options.full_speed else options.speed),
    }


def stage_environment(options: Options, servers: EmbeddedServers, urls: SimulatorUrls) -> dict[str, str]:
    """Return the settings that point every stage at the embedded servers and the simulators."""
    return {
        "NAVSTREAM_DATABASE_URL": servers.database_url,
        "NAVSTREAM_SERVICE_DATABASE_URL": servers.service_url,
        "NAVSTREAM_REDIS_URL": servers.redis_url,
        "NAVSTREAM_JWT_SECRET": secrets.token_urlsafe(48),
        "NAVSTREAM_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "NAVSTREAM_API_PORT": str(options.port),
        "NAVSTREAM_BROADCASTER_PORT": str(options.websocket_port),
        "NAVSTREAM_LOG_LEVEL": "WARNING",
        **{f"NAVSTREAM_METRICS_PORT_{stage.upper()}": "0" for stage in STAGES},
        "NAVSTREAM_ALPACA_STREAM_URL": urls.alpaca.replace("http", "ws", 1),
        "NAVSTREAM_ALPACA_DATA_URL": urls.alpaca,
        "NAVSTREAM_ALPACA_TRADING_URL": urls.broker,
        "NAVSTREAM_ALPACA_FEED": "sip",
        "NAVSTREAM_ALPACA_SYMBOLS_MAX": "",
        "NAVSTREAM_BROKER_URL": urls.broker,
        "NAVSTREAM_PLAID_URL": urls.plaid,
        "NAVSTREAM_SNAPTRADE_URL": urls.snaptrade,
        "APCA_API_KEY_ID": "demo-key",
        "APCA_API_SECRET_KEY": "demo-secret",
        "BROKER_API_KEY": "demo-broker-key",
        "BROKER_SECRET_KEY": "demo-broker-secret",
        "PLAID_CLIENT_ID": "demo-client",
        "PLAID_SECRET": "demo-secret",
        "PLAID_ENV": "sandbox",
        "PLAID_WEBHOOK_URL": f"http://127.0.0.1:{options.port}/webhook/plaid",
        "SNAPTRADE_CLIENT_ID": "demo-client",
        "SNAPTRADE_CONSUMER_KEY": "demo-consumer-key",
    }


def _default_market_time(options: Options, now: datetime) -> datetime:
    if options.recording is not None:
        return first_trade_time(options.recording)
    return market_hours_around(now).trading_day(now).open + _AFTER_OPEN


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
