"""What kind is told of faults in programs of many styles, by the diagnosis alone?

    python -m benchmarks.foreign diagnose           programs written for the diagnosis
    python -m benchmarks.foreign measure -v         those of benchmarks/blame.py

The search for the line is off. A kind is right when it is told first, or among rivals that explain
the same numbers; wrong when others are told; unknown where none is.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from typing import Any

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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("part", choices=("diagnose", "fresh", "develop", "measure"))
    parser.add_argument("--only", default="", help="a program, or a fault such as rnn_lists:3")
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    check.EXPLAIN_SECONDS, check.RAISE = 0.0, True
    words: Counter[str] = Counter()
    for fault in programs(options.part, options.only):
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
