"""Plaid's state: link tokens, public tokens and Items (pure)."""

import hashlib
import uuid
from dataclasses import dataclass, field
from typing import Any

from simulator.plaid_errors import PlaidError
from simulator.planned import Login

PUBLIC_TOKEN_LIFE_S = 30 * 60.0
LINK_TOKEN_LIFE_S = 4 * 3600.0
UPDATE_TOKEN_LIFE_S = 30 * 60.0
ID_LENGTH = 37
_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def plaid_id(*parts: object) -> str:
    """Return a Plaid-like id of 37 characters that follows from `parts` alone."""
    number = int.from_bytes(hashlib.sha512("/".join(map(str, parts)).encode()).digest(), "big")
    letters = []
    for _ in range(ID_LENGTH):
        number, index = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[index])
    return "".join(letters)


def request_id(*parts: object) -> str:
    """Return 15 letters and digits."""
    return plaid_id("request", *parts)[:15]


@dataclass(slots=True)
class Item:
    """One login at one institution, as Plaid keeps it.

    Attributes:
        error_code: Why the Item does not work now; None when it does.
        numbering: How often its accounts got new ids.
        synced_once: /transactions/sync was called, so SYNC_UPDATES_AVAILABLE may fire.
        pages: Cursors between two pages of /transactions/sync → how many changes there were.
    """

    item_id: str
    access_token: str
    login: Login
    persona: str
    products: list[str]
    webhook: str
    created_at: float
    error_code: str | None = None
    synced_once: bool = False
    numbering: int = 0
    last_webhook: dict[str, Any] | None = None
    pages: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class LinkToken:
    """A Link session; with `item_id` it repairs that Item (update mode)."""

    token: str
    expires_at: float
    products: list[str]
    webhook: str
    client_user_id: str
    item_id: str | None = None
    hosted: bool = False
    completion_redirect_uri: str | None = None
    redirect_uri: str | None = None
    public_tokens: list[str] = field(default_factory=list)
    session_id: str = ""


@dataclass(slots=True)
class PublicToken:
    token: str
    expires_at: float
    item_id: str


@dataclass(slots=True)
class Items:
    """All Items of one simulator, found by id, by token or by public token.

    Ids follow from the seed, the persona, the institution and how often it was linked, so that a run can be
    repeated and a token never comes to mean another login.
    """

    seed: int
    by_id: dict[str, Item] = field(default_factory=dict)
    by_access_token: dict[str, str] = field(default_factory=dict)
    removed_tokens: set[str] = field(default_factory=set)
    public_tokens: dict[str, PublicToken] = field(default_factory=dict)
    link_tokens: dict[str, LinkToken] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)

    def create_item(self, login: Login, persona: str, products: list[str], webhook: str, now: float) -> PublicToken:
        """Create an Item and the public token that is exchanged for its access token."""
        where = (persona, login.institution)
        item_id = plaid_id("item", self.seed, *where, self._next(*where))
        access_token = self._token("access", item_id)
        item = Item(item_id, access_token, login, persona, products, webhook, now)
        self.by_id[item_id] = item
        public_token = PublicToken(self._token("public", item_id), now + PUBLIC_TOKEN_LIFE_S, item_id)
        self.public_tokens[public_token.token] = public_token
        return public_token

    def exchange(self, token: str, now: float) -> Item:
        """Return the Item of a public token; its access token works from now on."""
        public_token = self.public_tokens.get(token)
        if public_token is None or public_token.expires_at < now or public_token.item_id not in self.by_id:
            raise PlaidError("INVALID_PUBLIC_TOKEN")
        item = self.by_id[public_token.item_id]
        self.by_access_token[item.access_token] = item.item_id
        return item

    def item(self, access_token: str) -> Item:
        if access_token in self.removed_tokens:
            raise PlaidError("ITEM_NOT_FOUND")
        item_id = self.by_access_token.get(access_token)
        if item_id is None:
            raise PlaidError("INVALID_ACCESS_TOKEN")
        return self.by_id[item_id]

    def remove(self, item: Item) -> None:
        self.removed_tokens.add(item.access_token)
        self.by_access_token.pop(item.access_token, None)
        self.by_id.pop(item.item_id, None)

    def rotate(self, item: Item) -> str:
        """Give the Item a new access token; the old one dies at once."""
        self.by_access_token.pop(item.access_token, None)
        item.access_token = self._token("access", item.item_id)
        self.by_access_token[item.access_token] = item.item_id
        return item.access_token

    def create_link_token(self, link: LinkToken) -> LinkToken:
        self.link_tokens[link.token] = link
        return link

    def next_link_token(self) -> str:
        return self._token("link", "session")

    def link_token(self, token: str, now: float) -> LinkToken:
        link = self.link_tokens.get(token)
        if link is None or link.expires_at < now:
            raise PlaidError("INVALID_LINK_TOKEN")
        return link

    def _next(self, *of: str) -> int:
        """Count by what is counted, so that an id names the same thing again after a restart."""
        key = "/".join(of)
        self.counters[key] = self.counters.get(key, 0) + 1
        return self.counters[key]

    def _token(self, kind: str, of: str) -> str:
        name = f"{kind}/{self.seed}/{of}/{self._next(kind, of)}"
        return f"{kind}-sandbox-{uuid.uuid5(uuid.NAMESPACE_OID, name)}"
