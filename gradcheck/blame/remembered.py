"""What functions know of pieces of the program, as long as a search goes on."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

_CACHED: list[Any] = []


def remembered(most: int) -> Callable[[Function], Function]:
    """functools.lru_cache of at most so many answers, all of which end with the search.

    The keys are trees, of every edit that was tried: kept any longer they would be a leak.
    """

    def cached(function: Function) -> Function:
        _CACHED.append(functools.lru_cache(maxsize=most)(function))
        return _CACHED[-1]  # type: ignore[no-any-return]

    return cached


def forget() -> None:
    for function in _CACHED:
        function.cache_clear()
