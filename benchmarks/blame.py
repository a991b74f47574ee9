"""How often is the right line blamed? Every fault of the corpus is planted, alone or in pairs.

    python -m benchmarks.blame develop            the part to develop on
    python -m benchmarks.blame measure            the part that is only measured
    python -m benchmarks.blame develop --pairs 40 two faults at once
    python -m benchmarks.blame develop --only rnn_lists:3 -v

A program of the corpus ends in a table of faults: kind | right text | wrong text (";;" separates
lines). The true line is the one that the wrong text stands on, or its neighbours where a line is
missing. Nothing is written to disk. Seconds, of the budget too, are those of the processor.
"""

from __future__ import annotations

import argparse
import itertools
import linecache
import re
import statistics
import sys
import time
import traceback
import types
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gradcheck import preflight
from gradcheck.blame import Blame, blame, gather
from gradcheck.blame import survey as search
from gradcheck.gradients import Gradients
from gradcheck.objective import Objective, with_params
from gradcheck.state import Snapshot
from gradcheck.tree import survey

CORPUS = Path(__file__).parent / "corpus"


@dataclass(frozen=True)
class Fault:
    program: Path
    number: int
    kind: str
    right: str
    wrong: str

    @property
    def name(self) -> str:
        return f"{self.program.stem}:{self.number}"


def faults(program: Path) -> list[Fault]:
    table = program.read_text().split('FAULTS = """\n')[1].split('"""')[0]
    rows = [[part.strip() for part in line.split(" |")] for line in table.splitlines()]
    return [Fault(program, i, *row) for i, row in enumerate(rows)]


def planted(program: Path, chosen: list[Fault]) -> tuple[str, list[set[int]]]:
    """The source with the faults in it, and the lines that may be blamed for each."""
    source = program.read_text().split("\nFAULTS = ")[0]
    marks = []
    for fault in chosen:
        pattern = r"\n\s*".join(re.escape(part) for part in fault.right.split(";;"))
        found = list(re.finditer(pattern, source))
        if len(found) != 1:
            raise ValueError(f"{fault.name}: {fault.right!r} stands there {len(found)} times")
        at = found[0].start()
        right = found[0][0]
        begin = source.rfind("\n", 0, at) + 1
        indent = source[begin : begin + len(source[begin:]) - len(source[begin:].lstrip())]
        wrong = fault.wrong.replace(";;", "\n" + indent)
        marks.append((at, fault, len(wrong)))
        if not wrong:
            end = source.find("\n", at)
            source = source[:begin] + source[end + 1 :]
            lines = {source[:begin].count("\n"), source[:begin].count("\n") + 1}
            shift = -1
        else:
            source = source[:at] + wrong + source[at + len(right) :]
            first = source[:at].count("\n") + 1
            lines = set(range(first, first + wrong.count("\n") + 1))
            shift = wrong.count("\n") - right.count("\n")
        marks[-1] = (lines, min(lines), shift)  # type: ignore[assignment]
    for (_, here, shift), other in itertools.permutations(marks, 2):
        if other[1] > here and marks.index(other) < [m[1] for m in marks].index(here):
            other[0].update({line + shift for line in list(other[0])})  # type: ignore[attr-defined]
    return source, [mark[0] for mark in marks]  # type: ignore[misc]


def load(source: str, name: str) -> dict[str, Any]:
    file = f"<corpus {name}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    module = types.ModuleType(f"corpus_{name.replace(':', '_').replace('+', '_')}")
    sys.modules[module.__name__] = module
    exec(compile(source, file, "exec"), module.__dict__)
    problem: dict[str, Any] = module.__dict__["problem"]()
    problem["module"] = module
    return problem


# compiled from a string, as the checker's own code is none of the user's
STEPPED = """
def stepped(step, lr, blocks):
    def grads():
        before = [np.array(b.slot.get(), dtype=float) for b in blocks]
        step()
        return [(x - np.asarray(b.slot.get())) / lr for x, b in zip(before, blocks)]

    return grads
"""
_helpers: dict[str, Any] = {"np": np}
exec(STEPPED, _helpers)


def run(problem: dict[str, Any], seconds: float) -> Any:
    if "names" in problem:
        names, module = problem["names"], problem["module"]
        nest = survey(_Names(module, names))
    else:
        nest = survey(problem["params"])
    blocks, box = nest.blocks, nest.box
    if "names" in problem:
        for block in blocks:  # globals of the module
            block.slot = type(block.slot)(module, block.name, attribute=True)
    misfits: list[str] = []  # what is read off a step has the shape of its parameter
    if "step" in problem:
        kept = ("params", "loss", "step")
        snapshot = Snapshot({k: problem[k] for k in kept if k in problem})
        step = with_params(problem["step"], box, "step")
        grads = _helpers["stepped"](step, problem["lr"], blocks)
    else:
        snapshot = Snapshot({k: problem[k] for k in ("params", "loss", "grads") if k in problem})
        gradients = Gradients(problem["grads"], nest, partial=False)
        objective = Objective(problem["loss"], box)
        blocks = gradients.settle(objective)
        if narrow := [block for block in blocks if block.narrow]:
            preflight.widened(objective, narrow, objective(), lambda: None)
        read = gradients.read
        grads = eval("lambda: [a.comparable for a in read()]", {"read": read})
        misfits = [block.name for block, a in zip(blocks, read(), strict=True) if not a.fits]
    loss = with_params(problem["loss"], box, "loss")
    return blame(loss, grads, blocks, snapshot, misfits=misfits, seconds=seconds)


class _Clock:
    """Seconds of this thread's processor: the machine may be busy with something else."""

    def __init__(self) -> None:
        self.begin = time.thread_time()

    def __call__(self) -> float:
        return time.thread_time() - self.begin


class _Names:
    def __init__(self, module: Any, names: list[str]) -> None:
        self.__dict__ = {name: getattr(module, name) for name in names}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("part")
    parser.add_argument("--only", default="")
    parser.add_argument("--pairs", type=int, default=0)
    parser.add_argument("--every", type=int, default=1, help="each n-th fault only")
    parser.add_argument("--offset", type=int, default=0, help="where to begin counting")
    parser.add_argument("--seed", type=int, default=0, help="of the choice of pairs")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("-v", action="store_true")
    options = parser.parse_args()
    search.Clock = _Clock  # type: ignore[misc, assignment]
    gather.RAISE = True
    tally, count = [], 0
    for program in sorted((CORPUS / options.part).glob("*.py")):
        table = faults(program)
        sets = [[f] for f in table]
        if options.every > 1:
            sets = [one for one in sets if (count := count + 1) % options.every == options.offset]
        if options.pairs:
            pairs = [list(p) for p in itertools.combinations(table, 2)]
            picked = np.random.default_rng(options.seed).permutation(len(pairs))[: options.pairs]
            sets = [pairs[i] for i in picked]
        for chosen in sets:
            name = "+".join(f.name for f in chosen)
            if options.only and options.only not in (name, program.stem):
                continue
            tally.append(examine(program, chosen, name, options))
            if tally[-1] is None:
                tally.pop()
    summary(tally)


def examine(program: Path, chosen: list[Fault], name: str, options: Any) -> Any:
    try:
        source, truth = planted(program, chosen)
    except ValueError as error:
        if len(chosen) == 1:
            print("??", error)
        return None
    clock = _Clock()
    try:
        result = run(load(source, name), options.seconds)
    except Exception as error:  # noqa: BLE001  of the search itself: the others are measured
        print(f"FTKF !{name}")
        traceback.print_exc(file=sys.stdout)
        result = Blame(note=f"{type(error).__name__}: {error}")
    ranked = [f for f in result.findings if f.lines]
    lines = [f.lines[0].line for f in ranked]
    hits = [any(line in t for line in lines[: 1 if len(chosen) == 1 else 4]) for t in truth]
    top3 = [any(line in t for line in lines[:3]) for t in truth]
    told = [[f.kind for f in ranked[:4] if f.lines[0].line in t][:1] for t in truth]
    kinds = [[fault.kind] == kind for fault, kind in zip(chosen, told, strict=True)]
    row = {
        "name": name,
        "first": all(hits),
        "one": any(hits),
        "three": all(top3),
        "kind": all(kinds) if len(kinds) > 1 else [f.kind for f in ranked[:1]] == [chosen[0].kind],
        "fixed": any(f.verified for f in ranked),
        "seconds": clock(),
    }
    mark = "".join("." if row[k] else k[0].upper() for k in ("first", "three", "kind", "fixed"))
    print(f"{mark:5}{name:28}{row['seconds']:5.1f} s  {chosen[0].kind:30}", end="")
    print(
        f"{[sorted(t) for t in truth]} -> {lines[:4]} {ranked[0].kind if ranked else result.note}"
    )
    if options.v or not row["first"]:
        for fault in chosen:
            print(f"        planted {fault.right!r:.70} -> {fault.wrong!r:.70}")
        for finding in ranked[:5]:
            where = f"        {finding.lines[0].line}: [{finding.kind}]"
            print(where, finding.sentence, "|", finding.advice)
    return row


def summary(tally: list[Any]) -> None:
    n = len(tally)
    if not n:
        return
    for key in ("first", "one", "three", "kind", "fixed"):
        print(f"{key:6} {sum(r[key] for r in tally) / n:6.1%}", end="  ")
    times = sorted(r["seconds"] for r in tally)
    print(f"n {n}, median {statistics.median(times):.1f} s, slowest {times[-1]:.1f} s")


if __name__ == "__main__":
    main()
