"""Which line of the user's backward pass is wrong? Re-run it, instrumented, and try to mend it."""

from __future__ import annotations

from .tell import Blame, blame

__all__ = ["Blame", "blame"]
