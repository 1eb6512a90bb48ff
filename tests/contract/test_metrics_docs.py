"""Every metric is documented."""

from tools.write_metrics import ROOT, metrics_page


def test_metrics_page_is_up_to_date() -> None:
    """Ensure `make docs` was run after a metric changed."""
    assert (ROOT / "docs" / "metrics.md").read_text() == metrics_page()
