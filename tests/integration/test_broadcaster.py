"""The broadcaster on real Valkey and Postgres: what a client sees of the values that calculators publish."""

from datetime import UTC, date, datetime
from decimal import Decimal

import msgspec
import pytest
from websockets.typing import Subprotocol

from realtime.bus.client import Bus
from realtime.bus.interest import read_interest
from realtime.bus.prices import write_batch, write_feed_state
from realtime.bus.values import entry_id
from realtime.contract import names
from realtime.contract.messages import (
    FeedState,
    FeedStatus,
    PriceBatch,
    Revision,
    ValueBatch,
    ValueUpdate,
    encode,
)
from realtime.domain.account import AccountId, SubjectKey
from realtime.domain.instrument import InstrumentId
from realtime.domain.partition import partition_of
from realtime.domain.price import Price, PriceSource
from realtime.store.pool import Pool
from tests.support.broadcasting import (
    AS_OF,
    Peer,
    Publisher,
    add_account,
    add_user,
    broadcaster_at,
    connect_to,
    figures_of,
    new_instrument,
    peer_of,
    position_of,
    token_for,
)
from tests.support.waiting import wait_until


async def add_instrument(pool: Pool, symbol: str, currency: str = "USD") -> InstrumentId:
    instrument = new_instrument()
    await pool.execute(
        """insert into instruments (id, symbol, asset_class, currency, name, listed)
           values ($1, $2, 'equity', $3, $2, true)""",
        instrument,
        symbol,
        currency,
    )
    return instrument


async def test_snapshot_then_deltas_with_rising_seq(postgres_dsn: str, redis_url: str, pool: Pool, bus: Bus) -> None:
    """A channel begins with everything, then says only what changed; seq rises by one."""
    user, instrument, other = await add_user(pool), new_instrument(), new_instrument()
    publisher = Publisher(bus, user)
    rows = {instrument: position_of(instrument, "105.25"), other: position_of(other, "50.00")}
    await publisher.publish(figures_of("155.25", 2), rows)
    async with broadcaster_at(postgres_dsn, redis_url) as broadcaster, peer_of(broadcaster) as peer:
        welcome = await peer.sign_in(user)
        await peer.subscribe("portfolio", "positions")
        portfolio, positions = await peer.receive(), await peer.receive()
        assert (portfolio["type"], portfolio["seq"], portfolio["epoch"]) == ("snapshot", 1, welcome["epoch"])
        assert portfolio["data"]["total_value"] == 155.25
        assert portfolio["data"]["day_change"] is None
        assert set(positions["data"]) == {instrument, other}
        await publisher.publish(figures_of("156.25", 2), {instrument: position_of(instrument, "106.25")}, full=False)
        assert await peer.receive() == {
            "type": "delta",
            "channel": "portfolio",
            "seq": 2,
            "as_of": "2026-11-20T15:30:00Z",
            "data": {"market_value": 156.25, "total_value": 156.25, "unrealized_gain": 56.25},
        }
        delta = await peer.receive()
        assert (delta["seq"], delta["data"]) == (2, {instrument: {"price": 53.125, "market_value": 106.25}})
        await publisher.publish(figures_of("106.25", 1), {instrument: position_of(instrument, "106.25")}, full=True)
        assert (await peer.receive_kind("delta", "positions"))["removed"] == [other]


async def test_a_client_that_waits_gets_the_first_values(
    postgres_dsn: str, redis_url: str, pool: Pool, bus: Bus
) -> None:
    """A subscription made before anybody valued the user begins with the first full state."""
    user = await add_user(pool)
    async with broadcaster_at(postgres_dsn, redis_url) as broadcaster, peer_of(broadcaster) as peer:
        await peer.sign_in(user)
        await peer.subscribe("portfolio")
        await Publisher(bus, user).publish(figures_of("7.00"))
        assert (await peer.receive())["data"]["total_value"] == 7


async def test_accounts_and_their_positions(postgres_dsn: str, redis_url: str, pool: Pool, bus: Bus) -> None:
    """An account's channels show that account, with institution and account in its rows."""
    user, instrument = await add_user(pool), new_instrument()
    account = await add_account(pool, user)
    row = position_of(instrument, "10.00", account)
    await Publisher(bus, user).publish(figures_of("10.00", 1), {instrument: row}, account_id=account)
    async with broadcaster_at(postgres_dsn, redis_url) as broadcaster, peer_of(broadcaster) as peer:
        await peer.sign_in(user)
        await peer.subscribe(f"account:{account}", f"positions:{account}")
        assert (await peer.receive_kind("snapshot", f"account:{account}"))["data"]["total_value"] == 10
        data = (await peer.receive_kind("snapshot", f"positions:{account}"))["data"][instrument]
        assert (data["account"], data["institution"]) == (account, "First Bank")
        assert "contributions" not in data


async def test_another_users_account_looks_like_none(postgres_dsn: str, redis_url: str, pool: Pool, bus: Bus) -> None:
    """Somebody else's account and one that never was are refused with the same words; his own is not."""
    user, stranger = await add_user(pool), await add_user(pool)
    own, foreign = await add_account(pool, user), await add_account(pool, stranger)
    await Publisher(bus, stranger).publish(figures_of("1.00"), account_id=foreign)
    names = [f"account:{foreign}", f"positions:{foreign}", "account:plaid_none", f"account:{own}", "nonsense"]
    async with broadcaster_at(postgres_dsn, redis_url) as broadcaster, peer_of(broadcaster) as peer:
        await peer.sign_in(user)
        answer = await peer.subscribe(*names)
    assert answer["channels"] == [f"account:{own}"]
    assert [(row["channel"], row["code"]) for row in answer["rejected"]] == [
        (f"account:{foreign}", "forbidden"),
        (f"positions:{foreign}", "forbidden"),
        ("account:plaid_none", "forbidden"),
        ("nonsense", "unknown_channel"),
    ]


async def test_a_new_account_is_found_at_once(postgres_dsn: str, redis_url: str, pool: Pool) -> None:
    """An account linked after the accounts were looked up is the user's within moments."""
    user = await add_user(pool)
    async with broadcaster_at(postgres_dsn, redis_url) as broadcaster, peer_of(broadcaster) as peer:
        await peer.sign_in(user)
        assert (await peer.subscribe("account:plaid_none"))["rejected"]
        account = await add_account(pool, user)

        async def is_followed() -> bool:
            return bool((await peer.subscribe(f"account:{account}"))["channels"])

        await wait_until(is_followed, 5, "the account is followed")


async def test_an_account_that_is_gone_is_taken_away(postgres_dsn: str, redis_url: str, pool: Pool, bus: Bus) -> None:
    """When an account is unlinked its channels end with `forbidden`; the others go on."""
    user = await add_user(pool)
    account, kept = await add_account(pool, user), await add_account(pool, user)
    publisher = Publisher(bus, user)
    for each in (account, kept):
        await publisher.publish(figures_of("1.00"), account_id=each)
    async with broadcaster_at(postgres_dsn, redis_url) as broadcaster, peer_of(broadcaster) as peer:
        await peer.sign_in(user)
        await peer.subscribe(f"account:{account}", f"account:{kept}")
        await pool.execute("update accounts set is_active = false where public_id = $1", account)
        await pool.execute("select pg_notify('navstream_holdings_changed', $1)", f"{user} {account} 2")
        error = await peer.receive_kind("error")
        assert (error["code"], error["id"]) == ("forbidden", None)
        assert account in error["message"]
        for each in (account, kept):
            await publisher.publish(figures_of("2.00"), account_id=each)
        assert (await peer.receive())["channel"] == f"account:{kept}"


async def test_resume_continues_the_numbering(postgres_dsn: str, redis_url: str, pool: Pool, bus: Bus) -> None:
    """Back within two minutes: a delta from the state the client has; a state it never had: a snapshot."""
    user = await add_user(pool)
    publisher = Publisher(bus, user)
    await publisher.publish(figures_of("1.00"))
    async with broadcaster_at(postgres_dsn, redis_url) as broadcaster, peer_of(broadcaster) as witness:
        await witness.sign_in(user)
        await witness.subscribe("portfolio")
        async with peer_of(broadcaster) as peer:
            await peer.sign_in(user)
            await peer.subscribe("portfolio")
            snapshot = await peer.receive()
            await publisher.publish(figures_of("2.00"))
            assert (await peer.receive())["seq"] == 2
        await publisher.publish(figures_of("3.00"))
        while (await witness.receive())["data"]["total_value"] != 3:
            pass
        async with peer_of(broadcaster) as peer:
            welcome = await peer.sign_in(user)
            assert welcome["epoch"] != snapshot["epoch"]
            await peer.subscribe("portfolio", resume={"portfolio": {"epoch": snapshot["epoch"], "seq": 1}})
            delta = await peer.receive()
            assert (delta["type"], delta["seq"]) == ("delta", 2)
            assert delta["data"] == {"market_value": 3, "total_value": 3, "unrealized_gain": -97}
        for point in ({"epoch": snapshot["epoch"], "seq": 99}, {"epoch": "made-up", "seq": 1}):
            async with peer_of(broadcaster) as peer:
                await peer.sign_in(user)
                await peer.subscribe("portfolio", resume={"portfolio": point})
                assert (await peer.receive())["type"] == "snapshot"


async def test_resume_without_news_is_answered(postgres_dsn: str, redis_url: str, pool: Pool, bus: Bus) -> None:
    """A client that resumes learns that it is current: an empty delta."""
    user = await add_user(pool)
    await Publisher(bus, user).publish(figures_of("1.00"))
    async with broadcaster_at(postgres_dsn, redis_url) as broadcaster, peer_of(broadcaster) as old:
        await old.sign_in(user)
        await old.subscribe("portfolio")
        epoch = (await old.receive())["epoch"]
        async with peer_of(broadcaster) as peer:  # the old connection is not even closed yet
            await peer.sign_in(user)
            await peer.subscribe("portfolio", resume={"portfolio": {"epoch": epoch, "seq": 1}})
            answer = await peer.receive()
    assert (answer["type"], answer["seq"], answer["data"]) == ("delta", 2, {})


async def test_nobody_resumes_anothers_epoch(postgres_dsn: str, redis_url: str, pool: Pool, bus: Bus) -> None:
    """An epoch is of use to its own user alone."""
    user, stranger = await add_user(pool), await add_user(pool)
    for owner in (user, stranger):
        await Publisher(bus, owner).publish(figures_of("1.00"))
    async with broadcaster_at(postgres_dsn, redis_url) as broadcaster:
        async with peer_of(broadcaster) as peer:
            await peer.sign_in(user)
            await peer.subscribe("portfolio")
            epoch = (await peer.receive())["epoch"]
        async with peer_of(broadcaster) as peer:
            await peer.sign_in(stranger)
            await peer.subscribe("portfolio", resume={"portfolio": {"epoch": epoch, "seq": 1}})
            assert (await peer.receive())["type"] == "snapshot"


async def test_subscribing_again_starts_over(postgres_dsn: str, redis_url: str, pool: Pool, bus: Bus) -> None:
    """A client that saw a gap subscribes again and gets a snapshot, numbered on; unsubscribed, it hears no more."""
    user = await add_user(pool)
    publisher = Publisher(bus, user)
    await publisher.publish(figures_of("1.00"))
    async with broadcaster_at(postgres_dsn, redis_url) as broadcaster, peer_of(broadcaster) as peer:
        await peer.sign_in(user)
        await peer.subscribe("portfolio", "market")
        await peer.receive_kind("snapshot", "portfolio")
        await peer.subscribe("portfolio")
        again = await peer.receive_kind("snapshot", "portfolio")
        assert again["seq"] == 2
        await peer.send(op="unsubscribe", id=9, channels=["portfolio", "never"])
        left = await peer.receive_kind("subscribed")
        assert (left["id"], left["channels"]) == (9, ["market"])
        await publisher.publish(figures_of("2.00"))
        await peer.send(op="ping", id="p")
        message = await peer.receive_kind("pong")
        assert message == {"type": "pong", "id": "p"}


async def test_rate_is_kept_and_the_newest_state_gets_out(
    postgres_dsn: str, redis_url: str, pool: Pool, bus: Bus
) -> None:
    """With max_rate_hz 5 a burst becomes a first and a last message, at least 200 ms apart."""
    user = await add_user(pool)
    publisher = Publisher(bus, user)
    await publisher.publish(figures_of("0.00"))
    async with broadcaster_at(postgres_dsn, redis_url) as broadcaster, peer_of(broadcaster) as peer:
        await peer.sign_in(user)
        await peer.subscribe("portfolio", max_rate_hz=5)
        await peer.receive()
        started = peer.connection.loop.time()
        for number in range(1, 21):
            await publisher.publish(figures_of(f"{number}.00"))
        totals: list[float] = []
        while not totals or totals[-1] != 20:
            message = await peer.receive()
            totals.append(message["data"]["total_value"])
        elapsed = peer.connection.loop.time() - started
    assert len(totals) <= 1 + elapsed * 5
    assert totals == sorted(totals)


async def test_msgpack_says_the_same(postgres_dsn: str, redis_url: str, pool: Pool, bus: Bus) -> None:
    """The subprotocol changes the encoding and nothing else."""
    user, instrument = await add_user(pool), new_instrument()
    publisher = Publisher(bus, user)
    await publisher.publish(figures_of("105.25", 1), {instrument: position_of(instrument, "105.25")})
    packed = [Subprotocol("navstream.v1.msgpack")]
    async with (
        broadcaster_at(postgres_dsn, redis_url) as broadcaster,
        peer_of(broadcaster) as plain,
        peer_of(broadcaster, subprotocols=packed) as peer,
    ):
        assert peer.connection.subprotocol == packed[0]
        op = {"op": "subscribe", "channels": ["portfolio", "positions"]}
        await plain.sign_in(user)
        await plain.subscribe("portfolio", "positions")
        await peer.connection.send(msgspec.msgpack.encode({"op": "auth", "token": token_for(user)}))
        assert (await peer.receive())["type"] == "welcome"
        await peer.connection.send(msgspec.msgpack.encode(op))
        assert (await peer.receive())["channels"] == op["channels"]
        await same_messages(plain, peer, 2)
        await publisher.publish(figures_of("0.00", 0), {}, full=True)
        await same_messages(plain, peer, 2)


async def same_messages(plain: Peer, packed: Peer, count: int) -> None:
    for _ in range(count):
        one, other = await plain.receive(), await packed.receive()
        assert {**one, "epoch": None} == {**other, "epoch": None}


async def test_authorization_header(postgres_dsn: str, redis_url: str, pool: Pool) -> None:
    """A program may send its token as a header instead of the first message."""
    user = await add_user(pool)
    headers = {"Authorization": f"Bearer {token_for(user)}"}
    async with (
        broadcaster_at(postgres_dsn, redis_url) as broadcaster,
        peer_of(broadcaster, additional_headers=headers) as peer,
    ):
        assert (await peer.receive())["type"] == "welcome"


async def test_market_channel_carries_the_feed(postgres_dsn: str, redis_url: str, pool: Pool, bus: Bus) -> None:
    """What the collector says of its streams reaches clients; the rest comes from the calendar."""
    user = await add_user(pool)
    origin = {"market_origin": AS_OF, "wall_origin": datetime.now(UTC), "market_speed": 2.0}
    async with broadcaster_at(postgres_dsn, redis_url, **origin) as broadcaster, peer_of(broadcaster) as peer:
        welcome = await peer.sign_in(user)
        assert welcome["market"]["session"] == "regular"
        await peer.subscribe("market")
        snapshot = await peer.receive()
        assert {**snapshot["data"], "market_time": None} == {**welcome["market"], "market_time": None}
        assert snapshot["data"]["trading_day"] == "2026-11-20"
        assert (snapshot["data"]["feed"], snapshot["data"]["speed"]) == ("starting", 2)
        await write_feed_state(bus, FeedState(FeedStatus.SILENT, "No trade for 30 s.", 40, None))
        delta = await peer.receive()
        assert delta["data"].pop("market_time") > snapshot["data"]["market_time"]
        assert delta["data"] == {"feed": "silent", "feed_message": "No trade for 30 s."}


async def test_prices_of_a_symbol(postgres_dsn: str, redis_url: str, pool: Pool, bus: Bus) -> None:
    """A price channel shows the board's price, then each newer one, never an older."""
    user, instrument = await add_user(pool), await add_instrument(pool, "BRK.B")

    def price(text: str, second: int) -> Price:
        moment = datetime(2026, 11, 20, 15, 30, second, tzinfo=UTC)
        close = Decimal("480.10")
        return Price(instrument, Decimal(text), moment, PriceSource.TRADE, 0, close, date(2026, 11, 19), 1)

    await write_batch(bus, PriceBatch((price("481.5", 1),), 1))
    async with broadcaster_at(postgres_dsn, redis_url) as broadcaster, peer_of(broadcaster) as peer:
        await peer.sign_in(user)
        answer = await peer.subscribe("prices:BRK.B", "prices:NONE")
        assert answer["rejected"] == [{"channel": "prices:NONE", "code": "unknown_channel"}]
        first = (await peer.receive())["data"]
        assert (first["instrument"], first["price"], first["price_source"]) == (instrument, 481.5, "trade")
        assert (first["previous_close"], first["previous_close_date"]) == (480.1, "2026-11-19")
        await write_batch(bus, PriceBatch((price("482", 3),), 1))
        await write_batch(bus, PriceBatch((price("470", 2),), 1))
        await write_batch(bus, PriceBatch((price("483", 4),), 1))
        seen: list[float] = []
        while not seen or seen[-1] != 483:
            seen.append((await peer.receive())["data"]["price"])
        assert 470 not in seen


async def test_a_gap_in_the_revisions_is_healed(postgres_dsn: str, redis_url: str, pool: Pool, bus: Bus) -> None:
    """A batch that was missed shows in the next one's number; the states are then read again."""
    user = await add_user(pool)
    publisher = Publisher(bus, user)
    account = await add_account(pool, user)
    await publisher.publish(figures_of("1.00"), account_id=account)
    await publisher.publish(figures_of("1.00"))
    async with broadcaster_at(postgres_dsn, redis_url) as broadcaster, peer_of(broadcaster) as peer:
        await peer.sign_in(user)
        await peer.subscribe("portfolio", f"account:{account}")
        await peer.receive()
        await peer.receive()
        await publisher.publish(figures_of("2.00"))
        await peer.receive_kind("delta", "portfolio")
        # The account's change reaches the state but not this subscriber.
        await publish_state_only(bus, publisher, account)
        await publisher.publish(figures_of("3.00"))
        assert (await peer.receive_kind("delta", f"account:{account}"))["data"]["total_value"] == 5


async def publish_state_only(bus: Bus, publisher: Publisher, account: AccountId) -> None:
    """Publish without the feed: the state changes, nobody hears."""
    publisher.skip_batches(1)
    batch = ValueBatch(
        Revision(publisher.generation, publisher.number),
        AS_OF,
        None,
        (ValueUpdate(publisher.user_id, account, figures_of("5.00"), full=True, positions={}),),
    )
    log = names.value_log(partition_of(publisher.user_id))
    await bus.xadd(log, {b"b": encode(batch)}, id=entry_id(batch))


async def test_an_older_generation_is_ignored(postgres_dsn: str, redis_url: str, pool: Pool, bus: Bus) -> None:
    """A calculator that lost its partition changes nothing any more."""
    user = await add_user(pool)
    old, new = Publisher(bus, user), Publisher(bus, user)
    await old.publish(figures_of("1.00"))
    async with broadcaster_at(postgres_dsn, redis_url) as broadcaster, peer_of(broadcaster) as peer:
        await peer.sign_in(user)
        await peer.subscribe("portfolio")
        await peer.receive()
        await new.publish(figures_of("2.00"))
        assert (await peer.receive())["data"]["total_value"] == 2
        await old.publish(figures_of("99.00"))
        await new.publish(figures_of("3.00"))
        assert (await peer.receive())["data"]["total_value"] == 3


async def test_interest_begins_with_the_first_client(postgres_dsn: str, redis_url: str, pool: Pool, bus: Bus) -> None:
    """Calculators learn at once what of a user's is watched, and of nothing else."""
    user = await add_user(pool)
    partitions = [partition_of(user)]

    async def is_watched() -> bool:
        return await read_interest(bus, partitions) == {SubjectKey(user, None)}

    assert not await is_watched()
    async with broadcaster_at(postgres_dsn, redis_url) as broadcaster, peer_of(broadcaster) as peer:
        await peer.sign_in(user)
        await peer.subscribe("positions")
        await wait_until(is_watched, 2, "interest")


async def test_all_clients_are_told_of_a_restart(postgres_dsn: str, redis_url: str, pool: Pool) -> None:
    """On shutdown every client gets 1012, authenticated or not."""
    user = await add_user(pool)
    async with broadcaster_at(postgres_dsn, redis_url, auth_timeout_s=60) as broadcaster:
        peers = [Peer(await connect_to(broadcaster.port)) for _ in range(2)]
        await peers[0].sign_in(user)
    assert [await peer.close_code() for peer in peers] == [1012, 1012]


@pytest.mark.parametrize("origin", [None, "https://app.example"])
async def test_origins_that_may_connect(postgres_dsn: str, redis_url: str, origin: str | None) -> None:
    """Browsers connect from listed origins; programs, which send none, always."""
    async with broadcaster_at(postgres_dsn, redis_url, origins=("https://app.example",)) as broadcaster:
        connection = await connect_to(broadcaster.port, origin=origin)
        await connection.close()
