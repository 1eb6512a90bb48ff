"""FIGI, ISIN and CUSIP: what providers call a security beside its symbol. A mistyped one is none (check digits)."""

import re
from typing import NamedTuple

_CUSIP = re.compile(r"[0-9A-Z]{8}[0-9]", re.ASCII)
_ISIN = re.compile(r"[A-Z]{2}[0-9A-Z]{9}[0-9]", re.ASCII)
_FIGI = re.compile(r"[B-DF-HJ-NP-TV-Z]{2}G[B-DF-HJ-NP-TV-Z0-9]{8}[0-9]", re.ASCII)
_CUSIP_COUNTRIES = ("US", "CA")


class SecurityIds(NamedTuple):
    """Identifiers of one security; None where nobody gave one."""

    figi: str | None = None
    isin: str | None = None
    cusip: str | None = None

    def contradict(self, other: "SecurityIds") -> bool:
        """Whether these cannot be one security. FIGIs may differ: they exist for listings and for share classes."""
        return _differ(self.isin, other.isin) or _differ(self.cusip, other.cusip)


UNIDENTIFIED = SecurityIds()


def security_ids(figi: str | None, isin: str | None, cusip: str | None) -> SecurityIds:
    """Return what of a provider's identifiers is well-formed; a US or Canadian ISIN carries the CUSIP."""
    if figi is isin is cusip is None:
        return UNIDENTIFIED
    known_isin = valid_isin(isin)
    carried = known_isin[2:11] if known_isin is not None and known_isin.startswith(_CUSIP_COUNTRIES) else None
    return SecurityIds(valid_figi(figi), known_isin, valid_cusip(cusip) or valid_cusip(carried))


def valid_cusip(text: str | None) -> str | None:
    """Return a CUSIP with its own check digit, in capitals; None for anything else."""
    spelled = (text or "").strip().upper()
    if not _CUSIP.fullmatch(spelled):
        return None
    doubled = (int(letter, 36) * (1 + index % 2) for index, letter in enumerate(spelled[:8]))
    total = sum(number // 10 + number % 10 for number in doubled)
    return spelled if -total % 10 == int(spelled[8]) else None


def valid_isin(text: str | None) -> str | None:
    """Return an ISIN with its own check digit, in capitals; None for anything else."""
    spelled = (text or "").strip().upper()
    if not _ISIN.fullmatch(spelled):
        return None
    digits = "".join(str(int(letter, 36)) for letter in spelled)
    total = sum(sum(divmod(int(digit) * (1 + index % 2), 10)) for index, digit in enumerate(reversed(digits)))
    return spelled if total % 10 == 0 else None


def valid_figi(text: str | None) -> str | None:
    """Return a well-formed FIGI, in capitals; None for anything else."""
    spelled = (text or "").strip().upper()
    return spelled if _FIGI.fullmatch(spelled) else None


def _differ(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one != other
