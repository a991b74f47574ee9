"""What kind is told of faults in programs of many styles, by the diagnosis alone?

    python -m benchmarks.foreign diagnose           programs written for the diagnosis
    python -m benchmarks.foreign fresh              programs in styles that it had not seen
    python -m benchmarks.foreign fresh --pairs 3    up to three pairs of faults a program, at once
    python -m benchmarks.foreign measure -v         those of benchmarks/blame.py

The search for the line is off. A kind is right when it is told first, or among rivals that explain
the same numbers; wrong when others are told; unknown where none is.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from gradcheck import Report, check, check_gradients

from .blame import CORPUS, Fault, faults, load, planted


def programs(part: str, only: str = "") -> Iterator[Fault]:
    for path in sorted((CORPUS / part).glob("*.py")):
        yield from (fault for fault in faults(path) if fault.name.startswith(only))


def examine(problem: dict[str, Any]) -> Report:
    """The report; without the search for the line where its budget is set to 0 s."""
    options = {name: problem[name] for name in ("grads", "step", "lr") if name in problem}
    params = problem.get("params")
    if "names" in problem:
        params, options["select"] = vars(problem["module"]), problem["names"]
    return check_gradients(problem["loss"], params, **options)


def judge(report: Report, kind: str) -> str:
    told = [f.kind for f in report.findings if f.kind not in ("state", "not-plain-sgd", "unknown")]
    if report.verdict != "disagrees":
        return "unseen"
    if not told:
        return "right" if kind == "unknown" else "unknown"
    return "right" if told[0] == kind else "rival" if kind in told else "wrong"


def pairs(part: str, most: int) -> Iterator[tuple[Fault, Fault]]:
    """Faults of different kinds that stand on different lines of one program."""
    for path in sorted((CORPUS / part).glob("*.py")):
        found = 0
        table = faults(path)
        for i in np.random.default_rng(0).permutation(len(table)):
            for second in table[:i]:
                first = table[i]
                if found < most and first.kind != second.kind and first.right != second.right:
                    try:
                        compile(planted(path, [first, second])[0], path.stem, "exec")
                    except (ValueError, SyntaxError):  # one stands where the other was
                        continue
                    found += 1
                    yield first, second


def judge_pair(report: Report, kinds: set[str]) -> str:
    told = {f.kind for f in report.findings if not f.instead} - {"unknown", "state"}
    every = {f.kind for f in report.findings}
    if told - kinds and not kinds <= every:
        return "wrong"
    return ("neither", "one", "both")[len(kinds & every)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("part", choices=("diagnose", "fresh", "develop", "measure", "exam"))
    parser.add_argument("--only", default="", help="a program, or a fault such as rnn_lists:3")
    parser.add_argument("--pairs", type=int, default=0, help="of faults at once, in each program")
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    check.EXPLAIN_SECONDS, check.RAISE = 0.0, True
    words: Counter[str] = Counter()
    for first, second in pairs(options.part, options.pairs):
        source = planted(first.program, [first, second])[0]
        report = examine(load(source, first.name))
        word = judge_pair(report, {first.kind, second.kind})
        words[word] += 1
        if options.verbose or word == "wrong":
            told = [f"{f.kind}{'' if f.verified else '?'}" for f in report.findings]
            print(first.name, second.number, word, first.kind, second.kind, told, flush=True)
    for fault in () if options.pairs else programs(options.part, options.only):
        report = examine(load(planted(fault.program, [fault])[0], fault.name))
        word = judge(report, fault.kind)
        words[word] += 1
        if options.verbose or word == "wrong":
            told = [f"{f.kind}{'' if f.verified else '?'}" for f in report.findings]
            print(f"{fault.name:24} {word:8} {fault.kind:24} told {', '.join(told)}", flush=True)
    total = sum(words.values())
    print(", ".join(f"{word} {n} ({n / total:.0%})" for word, n in words.most_common()))


if __name__ == "__main__":
    main()
