"""Tests that say the same thing every time, on any machine."""

import os
import signal

import pytest
from hypothesis import settings

from gradcheck import check
from gradcheck.blame import gather

settings.register_profile("gradcheck", derandomize=True, deadline=None, print_blob=False)
settings.load_profile("gradcheck")

# What a developer's terminal sets must not change what is drawn, nor what is imported.
for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "PYTHONPATH", "PYTHONIOENCODING"):
    os.environ.pop(name, None)

# A job in the background of a script ignores Ctrl-C, and so would all commands that tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def no_search_for_the_line(request, monkeypatch):
    """Seconds a disagreement, which only the tests of blame are about."""
    monkeypatch.setattr(check, "RAISE", True)
    monkeypatch.setattr(gather, "RAISE", True)
    if not request.node.get_closest_marker("blame"):
        monkeypatch.setattr(check, "EXPLAIN_SECONDS", 0.0)
