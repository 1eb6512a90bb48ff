"""How many units of the underlying one unit of an instrument is (pure)."""

from decimal import Decimal

from realtime.domain.asset_class import ASSET_CLASSES, AssetClass
from realtime.domain.symbol import contract_multiplier, occ_symbol


def multiplier_of(symbol: str, asset_class: AssetClass) -> Decimal:
    """Return an instrument's multiplier by its symbol, or its class's."""
    is_contract = asset_class is AssetClass.OPTION and occ_symbol(symbol) is not None
    return contract_multiplier(symbol) if is_contract else ASSET_CLASSES[asset_class].multiplier
