"""Tests that say the same thing every time, on any machine."""

import os

from hypothesis import settings

settings.register_profile("gradcheck", derandomize=True, deadline=None, print_blob=False)
settings.load_profile("gradcheck")

# What a developer's terminal sets must not change what is drawn, nor what is imported.
for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "PYTHONPATH", "PYTHONIOENCODING"):
    os.environ.pop(name, None)
