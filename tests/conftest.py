"""Tests that say the same thing every time."""

import pytest
from hypothesis import settings

settings.register_profile("gradcheck", derandomize=True, deadline=None, print_blob=False)
settings.load_profile("gradcheck")


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch):
    """No variable of the developer's terminal changes what is drawn."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "PYTHONPATH"):
        monkeypatch.delenv(name, raising=False)
