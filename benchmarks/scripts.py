"""Does `gradcheck run FILE` without options find the training loop, and the fault in it?

    python -m benchmarks.scripts                        all of corpus/scripts, right and faulty
    python -m benchmarks.scripts --only trask_xor -v    what is told of one
    python -m benchmarks.scripts --part 1/4             every fourth program, from the first
    python -m benchmarks.scripts --markdown scripts.md  the table, into a file too
    python -m benchmarks.scripts --corpus loops         those of corpus/loops

A right script should agree: accused is worst. A fault should be found (status 1): passed is worst,
unless a hint names a parameter that no turn of the loop changes. Lines: the true one is told by the
first finding, or by any. A faulty script lies in a temporary folder.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from .blame import CORPUS, faults, planted

COMMAND = (sys.executable, "-c", "from gradcheck_command.cli import main; main()")
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL")}
RIGHT = ("agrees", "accused", "not recognised", "inconclusive", "other")
WRONG = ("found", "hinted", "passed", "not recognised", "inconclusive", "other")
LINES = ("first", "any")
NAMES_UNCHANGED = (
    "the loop does not change",
    "though the loss depends on",
    "another loss trains",
    "though the loop changes",
    "goes up the loss",
    "no update uses it",
    "is no multiple of the gradient, as",
    "the step does not change",
)


@dataclass(frozen=True)
class Told:
    status: int | None  # None: out of time
    lines: tuple[tuple[int, ...], ...]  # of each finding
    blocks: tuple[str, ...]
    notes: tuple[str, ...]
    seconds: float

    @property
    def outcome(self) -> str:
        known = {1: "disagrees", 2: "not recognised", 3: "inconclusive"}
        if self.status == 0:
            return "hinted" if self.unchanged else "agrees"
        return known.get(self.status or -1, "other")

    @property
    def unchanged(self) -> bool:
        return any(words in note for note in self.notes for words in NAMES_UNCHANGED)


def run(source: str, name: str, seconds: float) -> Told:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{name}.py"
        file.write_text(source)
        command = [*COMMAND, "run", file.name, "--format", "json"]
        begin = time.perf_counter()
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                env={**os.environ, **ONE_THREAD},
                capture_output=True,
                text=True,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Told(None, (), (), ("out of time",), seconds)
    took = time.perf_counter() - begin
    try:
        checks = json.loads(done.stdout)["checks"]
        (check,) = [c for c in checks if "findings" in c]
    except (ValueError, KeyError):
        return Told(done.returncode, (), (), (done.stderr.strip() or done.stdout.strip(),), took)
    lines = tuple(
        tuple(line["line"] for line in finding["lines"] if Path(line["file"]).name == file.name)
        for finding in check["findings"]
    )
    blocks = tuple(f"{block['name']} {block['verdict']}" for block in check["blocks"])
    return Told(done.returncode, lines, blocks, (*check["notes"], *check["hints"]), took)


def first_and_any(told: Told, truth: set[int]) -> list[str]:
    """Of LINES, those that hold; a line is told by the first finding that has one, or by any."""
    placed = [set(lines) for lines in told.lines if lines]
    hits = [bool(lines & truth) for lines in placed]
    return [*(["first"] if hits[:1] == [True] else []), *(["any"] if any(hits) else [])]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--corpus", default="scripts", help="folder of corpus/")
    parser.add_argument("--only", nargs="*", default=[], help="programs")
    parser.add_argument("--part", default="1/1", help="k/n: every n-th program, from the k-th")
    parser.add_argument("--seconds", type=float, default=60.0, help="for each run")
    parser.add_argument("--markdown", type=Path, help="write the table there, too")
    parser.add_argument("-v", action="store_true")
    options = parser.parse_args()
    k, n = map(int, options.part.split("/"))
    table = ["| script | right | " + " | ".join((*WRONG, *LINES)) + " |"]
    table.append("|---" * (len(WRONG) + len(LINES) + 2) + "|")
    rights: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for program in sorted((CORPUS / options.corpus).glob("*.py"))[k - 1 :: n]:
        if options.only and program.stem not in options.only:
            continue
        right, wrong = examine(program, options)
        rights[right] += 1
        total += wrong
        counts = " ".join(f"{count} {key}" for key, count in wrong.items())
        print(f"{program.stem:24} {right:15} {counts}", flush=True)
        cells = (str(wrong[key] or "") for key in (*WRONG, *LINES))
        table.append(f"| {program.stem} | {right} | {' | '.join(cells)} |")
    print("right:", ", ".join(f"{rights[key]} {key}" for key in RIGHT))
    print("wrong:", ", ".join(f"{total[key]} {key}" for key in (*WRONG, *LINES)))
    agree = f"{rights['agrees']} of {rights.total()} agree"
    table.append(f"| all | {agree} | " + " | ".join(str(total[k]) for k in (*WRONG, *LINES)) + " |")
    if options.markdown:
        options.markdown.write_text("\n".join(table) + "\n")


def examine(program: Path, options: argparse.Namespace) -> tuple[str, Counter[str]]:
    told = run(program.read_text(), program.stem, options.seconds)
    right = {"disagrees": "accused", "hinted": "agrees"}.get(told.outcome, told.outcome)
    if right != "agrees" or told.unchanged or options.v:
        show(f"{program.stem}: {right}", told)
    wrong: Counter[str] = Counter()
    for fault in faults(program):
        source, (truth,) = planted(program, [fault])
        told = run(source, program.stem, options.seconds)
        outcome = {"disagrees": "found", "agrees": "passed"}.get(told.outcome, told.outcome)
        wrong[outcome] += 1
        hits = first_and_any(told, truth) if outcome == "found" else []
        wrong.update(hits)
        if outcome != "found" or "first" not in hits or options.v:
            show(f"{fault.name} {fault.kind}: {outcome}, {fault.right!r} -> {fault.wrong!r}", told)
            print(f"      lines {[*told.lines]}, true {sorted(truth)}")
    return right, wrong


def show(head: str, told: Told) -> None:
    print(f"  {head}  [{told.seconds:.1f} s]")
    print(f"      {', '.join(told.blocks)}")
    for note in told.notes:
        print("      " + " ".join(note.split())[:600])


if __name__ == "__main__":
    main()
