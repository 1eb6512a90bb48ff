"""Opens channels: is there one of that name, may the user see it, and what feeds it (loop)."""

from collections import OrderedDict

from broadcaster.access import Access
from broadcaster.channels import Channel, ChannelKind, ChannelName, Channels, parse_channel
from broadcaster.market import Market
from broadcaster.prices import Prices
from broadcaster.protocol import ErrorCode
from broadcaster.values import Values
from realtime.domain.account import UserId
from realtime.domain.instrument import InstrumentId
from realtime.store.access import priced_instrument
from realtime.store.pool import Pool

_SYMBOLS_MAX = 20_000
KEEP_IDLE_FOR_S = 15.0
"""A channel without clients stays current this long, for those who come back."""


class Sources:
    """Every open channel and its source."""

    def __init__(self, pool: Pool, access: Access, values: Values, prices: Prices, market: Market) -> None:
        """Start with the market's channel alone."""
        self._pool = pool
        self._access = access
        self._values = values
        self._prices = prices
        self._market = market
        self._instruments: OrderedDict[str, InstrumentId] = OrderedDict()
        self.channels = Channels()

    async def open(self, user_id: UserId, text: str) -> Channel | ErrorCode:
        """Return the channel of that name, fed from now on, or why the user does not get it.

        Raises:
            RetryLater: The database does not answer.
        """
        name = parse_channel(text)
        match name:
            case None:
                return ErrorCode.UNKNOWN_CHANNEL
            case ChannelName(ChannelKind.MARKET):
                return self._market.channel
            case ChannelName(ChannelKind.PRICES, symbol):
                return await self._open_prices(user_id, name, symbol)
            case _:
                if not await self.is_allowed(user_id, name):
                    return ErrorCode.FORBIDDEN
                return await self._open_values(user_id, name)

    async def is_allowed(self, user_id: UserId, name: ChannelName) -> bool:
        """Return whether a channel that was opened is still the user's to see.

        Raises:
            RetryLater: The database does not answer.
        """
        return name.account_id is None or await self._access.may_see(user_id, name.account_id)

    async def sweep(self, now: float) -> None:
        """Close the channels that nobody has followed for a while."""
        for channel in self.channels:
            if channel.subscriptions:
                channel.idle_since = None
            elif channel.idle_since is None:
                channel.idle_since = now
            elif now - channel.idle_since >= KEEP_IDLE_FOR_S:
                self.channels.close(channel.user_id, channel.name)
                if channel.name.kind is ChannelKind.PRICES:
                    self._prices.leave(channel)
                else:
                    await self._values.leave(channel)

    async def _open_values(self, user_id: UserId, name: ChannelName) -> Channel:
        channel = self._find(user_id, name)
        if channel is None:
            channel = self.channels.open(user_id, name)
            await self._values.follow(channel)
        return channel

    def _find(self, user_id: UserId, name: ChannelName) -> Channel | None:
        channel = self.channels.find(user_id, name)
        if channel is not None:
            channel.idle_since = None
        return channel

    async def _open_prices(self, user_id: UserId, name: ChannelName, symbol: str) -> Channel | ErrorCode:
        channel = self._find(user_id, name)
        if channel is not None:
            return channel
        instrument_id = self._instruments.get(symbol) or await priced_instrument(self._pool, symbol)
        if instrument_id is None:
            return ErrorCode.UNKNOWN_CHANNEL
        self._instruments[symbol] = instrument_id
        if len(self._instruments) > _SYMBOLS_MAX:
            self._instruments.popitem(last=False)
        channel = self._find(user_id, name)  # another client may have opened it meanwhile
        if channel is None:
            channel = self.channels.open(user_id, name)
            self._prices.follow(channel, instrument_id)
        return channel
