"""The `market` channel: market session, trading day, and how the market-data feed is (loop)."""

from redis.exceptions import RedisError

from broadcaster.channels import Channel, ChannelKind, ChannelName, State
from broadcaster.fanout import Fanout
from realtime.bus.client import Bus
from realtime.bus.prices import read_feed_state
from realtime.clock import Clock, MarketClock
from realtime.contract.messages import FeedState
from realtime.contract.shapes import Data, market_data
from realtime.domain.account import UserId
from realtime.market_hours import market_hours_around

LOOK_EVERY_S = 1.0
_TIME_EVERY_S = 5.0
_NOBODY = UserId("")


class Market:
    """Looks each second; shows what changed at once, and market time alone every five seconds.

    Attributes:
        is_reachable: Whether Redis answered at the last look.
    """

    def __init__(self, bus: Bus, fanout: Fanout, clock: Clock, market_clock: MarketClock) -> None:
        """Start with what the calendar says."""
        self._bus = bus
        self._fanout = fanout
        self._clock = clock
        self._market_clock = market_clock
        self._feed: FeedState | None = None
        self._shown_at = float("-inf")
        self.is_reachable = True
        self.channel = Channel(_NOBODY, ChannelName(ChannelKind.MARKET, "", "market"))
        self._show(self._data())

    @property
    def data(self) -> Data:
        """What the channel shows now, at this moment's market time."""
        return self._data()

    @property
    def session(self) -> str:
        """The market session, as last shown."""
        assert self.channel.state is not None
        return str(self.channel.state.data["session"])

    async def run(self) -> None:
        """Keep the channel current, for ever."""
        while True:
            await self._look()
            self._refresh()
            await self._clock.sleep(LOOK_EVERY_S)

    async def _look(self) -> None:
        try:
            self._feed = await read_feed_state(self._bus)
            self.is_reachable = True
        except (RedisError, OSError):
            self.is_reachable = False

    def _refresh(self) -> None:
        data = self._data()
        assert self.channel.state is not None
        shown = self.channel.state.data
        is_news = any(shown[key] != value for key, value in data.items() if key != "market_time")
        if is_news or self._clock.monotonic() - self._shown_at >= _TIME_EVERY_S:
            self._show(data)
            self._fanout.changed([self.channel])

    def _show(self, data: Data) -> None:
        self._shown_at = self._clock.monotonic()
        self.channel.show(State(data["market_time"], data))

    def _data(self) -> Data:
        now = self._market_clock.now()
        return market_data(market_hours_around(now), self._market_clock, self._feed, reachable=self.is_reachable)
