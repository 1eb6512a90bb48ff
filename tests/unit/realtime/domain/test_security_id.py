"""Identifiers of securities are well-formed, or none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.domain.security_id import SecurityIds, security_ids, valid_cusip, valid_figi, valid_isin


@pytest.mark.parametrize("text", ["037833100", "037833AL4", "084670702", " 02079k305 "])
def test_cusips(text: str) -> None:
    """Ensure that real CUSIPs pass, in capitals."""
    assert valid_cusip(text) == text.strip().upper()


@pytest.mark.parametrize("text", ["037833101", "NHX105509", "03783310", "037833100X", "", None])
def test_what_is_no_cusip(text: str | None) -> None:
    """Ensure that a plan's code of nine letters and a mistyped CUSIP are none."""
    assert valid_cusip(text) is None


@pytest.mark.parametrize("text", ["US0378331005", "DE0001102580", "us0846707026"])
def test_isins(text: str) -> None:
    """Ensure that real ISINs pass, in capitals."""
    assert valid_isin(text) == text.upper()


@given(st.integers(0, 9), st.sampled_from(["US037833100", "DE000110258", "GB000263494"]))
def test_one_check_digit_fits(digit: int, body: str) -> None:
    """Ensure that of the ten ISINs with one body a single one is valid."""
    valid = [number for number in range(10) if valid_isin(f"{body}{number}")]
    assert len(valid) == 1
    assert (valid_isin(f"{body}{digit}") is not None) == (digit in valid)


def test_figis() -> None:
    """Ensure that FIGIs are told by their form."""
    assert valid_figi("bbg000b9xry4") == "BBG000B9XRY4"
    assert valid_figi("BBG000B9XRYX") is None
    assert valid_figi("AAPL") is None


def test_an_isin_carries_its_cusip() -> None:
    """Ensure that a US or Canadian ISIN says the CUSIP, and another does not."""
    assert security_ids(None, "US0378331005", None) == SecurityIds(None, "US0378331005", "037833100")
    assert security_ids(None, "DE0001102580", None).cusip is None
    assert security_ids("x", "y", "z") == SecurityIds()


def test_contradictions() -> None:
    """Ensure that two CUSIPs or ISINs are two securities, and two FIGIs need not be."""
    assert SecurityIds(cusip="037833100").contradict(SecurityIds(cusip="084670702"))
    assert SecurityIds(isin="US0378331005").contradict(SecurityIds(isin="DE0001102580"))
    assert not SecurityIds(figi="BBG000B9XRY4").contradict(SecurityIds(figi="BBG000B9Y5X2"))
    assert not SecurityIds(cusip="037833100").contradict(SecurityIds(isin="US0378331005"))
