"""Numbers as a person reads them: short, with the digits that matter, never cut."""

from __future__ import annotations

import math
from collections.abc import Iterable

from ..report import Block, Entry


def decimals_of(blocks: Iterable[Block], width: int) -> int:
    """Digits after the point, so that points stand below each other."""
    slopes = [abs(value) for block in blocks for value in (block.analytic, block.numerical)]
    largest = max((value for value in slopes if value < 1e5), default=0.0)
    return max(width - 2 - len(f"{largest:.0f}"), 0)


def slope(value: float, width: int, decimals: int, error: float = 0.0) -> str:
    """A slope in at most `width` characters: at fixed point where that shows enough digits.

    error   digits beyond the first one of it are left out, or blank where points stand in line
    """
    if math.isnan(value):
        return "-"
    if not math.isfinite(value) or value == 0:
        return "0" if value == 0 else f"{value:+}"
    last = -math.floor(math.log10(error)) if 0 < error < math.inf else width + decimals
    fixed = f"{value:+.{decimals}f}"
    digits = len(fixed.lstrip("+-0.").replace(".", ""))
    if abs(value) < 1e5 and len(fixed) <= width and digits >= min(5, decimals):
        known = f"{value:+.{max(min(last, decimals), 1)}f}"
        return known.ljust(len(fixed)) if decimals else fixed
    for precision in range(min(width, max(last + math.floor(math.log10(abs(value))), 0)), -1, -1):
        scientific = short_exponent(f"{value:+.{precision}e}")
        if len(scientific) <= width:
            break
    return scientific


def short_exponent(text: str) -> str:
    """1e-05 as 1e-5, 1e+05 as 1e5."""
    mantissa, _, exponent = text.partition("e")
    return f"{mantissa}e{int(exponent)}" if exponent else text


def brief(value: float, digits: int = 0) -> str:
    """An error, a step, a noise: its size is what counts."""
    if math.isnan(value):
        return "-"
    return short_exponent(f"{value:.{digits}e}") if value and math.isfinite(value) else f"{value:g}"


def size(value: float) -> str:
    """A difference or a noise, in two digits."""
    return short_exponent(f"{value:.2g}" if value == 0 or value >= 0.01 else f"{value:.1e}")


def ratio_of(ratio: float | None, *, near: bool) -> str:
    """Three digits; but a wrong ratio `near` 1 never reads 1."""
    if ratio is None or math.isnan(ratio):
        return "-"
    if ratio == 0 or not math.isfinite(ratio):
        return f"{ratio:+g}" if ratio else "0"
    if near and 1e-12 < abs(ratio - 1) < 5e-4:
        return "1" + short_exponent(f"{ratio - 1:+.0e}")
    if not 1e-3 <= abs(ratio) < 100:
        return short_exponent(f"{ratio:+.0e}")
    return f"{ratio:+.3f}"


def pair(entry: Entry) -> tuple[str, str]:
    """Both numbers of an entry, with two digits more than they need to differ."""
    told = [f"{value:+.17g}" for value in (entry.analytic, entry.numerical)]
    for digits in range(4, 17):
        short = [f"{value:+.{digits}g}" for value in (entry.analytic, entry.numerical)]
        if short[0] != short[1]:
            told = [f"{v:+.{min(digits + 2, 17)}g}" for v in (entry.analytic, entry.numerical)]
            break
    first, second = (short_exponent(text).replace("+nan", "nan") for text in told)
    return ("0" if entry.analytic == 0 else first), ("0" if entry.numerical == 0 else second)


def count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def duration(seconds: float) -> str:
    if seconds < 1:
        return f"{max(1, round(seconds * 1000))} ms"
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds / 60:.1f} min"


def percent(share: float) -> str:
    percent = 100 * share
    return f"{percent:.0f}" if percent >= 1 or percent == 0 else f"{percent:.1g}"


def rounded_up(value: float) -> str:
    """One digit, never less than the value: a promise must not be rounded down."""
    if value <= 0:
        return "0"
    value = max(value, 1e-300)  # its powers of ten must be numbers
    exponent = math.floor(math.log10(value))
    digit = math.ceil(value / 10.0**exponent * (1 - 1e-12))
    return brief(float(f"{digit}e{exponent}"))
