"""`python -m monitor`: wiring."""

from monitor.alerts import Alerts
from monitor.checks import Limits
from monitor.monitor import Monitor
from realtime.bus.client import open_bus
from realtime.clock import WallClock
from realtime.overview import Lookout
from realtime.process import Process, run_stage
from realtime.settings import Settings
from realtime.store.keys import new_key
from realtime.store.pool import Role, open_pool
from realtime.up import STAGES

_DELAYED_FEED_S = 900.0
_WORK_EVERY_S = 10.0


async def main(process: Process) -> None:
    """Look until cancelled; start also while Postgres or Redis is down."""
    settings, clock = process.settings, WallClock()
    async with (
        open_bus(settings.redis_address) as bus,
        open_pool(settings.database_address, Role.STAGE, connections_max=2, connections_min=0) as pool,
    ):
        lookout = Lookout(
            bus, pool, settings.market_clock(), clock, settings.sync_overdue_after_s,
            work_every_s=_WORK_EVERY_S * settings.alert_patience,
        )  # fmt: skip
        url = settings.alert_webhook_url
        await Monitor(
            lookout,
            Alerts(new_key, settings.alert_patience),
            limits_of(settings),
            pool=pool,
            webhook_url=url.get_secret_value() if url else None,
            clock=clock,
            log=process.log,
            health=process.health,
            patience=settings.alert_patience,
        ).run()


def limits_of(settings: Settings) -> Limits:
    """Return from when on something is wrong."""
    return Limits(
        stages=STAGES,
        silent_after_s=settings.alert_silent_after_s,
        delayed_s=_DELAYED_FEED_S if settings.alpaca_feed == "delayed_sip" else 0.0,
        reconnect_needed_min=settings.alert_reconnect_min,
    )


if __name__ == "__main__":
    run_stage("monitor", main)
