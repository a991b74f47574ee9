"""Are the tests sharp? Of small changes to the checker itself, how many make a test fail?

    pip install -e '.[mutation]'
    python -m benchmarks.mutation verdict --sample 60 --seed 1

mutmut makes the mutants (an operator, a number, an argument, a condition changed) in a copy of the
repository, and runs for each the tests that reach its function, fastest first, until one fails.
A run that takes fifteen times as long as it should counts as killed. What survives the tests that
are near, a module's own, meets those that are farther away, and is listed with its change.

Not mutated are properties and other decorated functions, and numbers at the top of a module.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Module:
    """What is mutated, and the test files that should notice: the near ones are tried first."""

    sources: str
    near: tuple[str, ...]
    far: tuple[str, ...] = ()


FRONT = ("check", "evaluations", "inputs", "layer", "step")
MODULES = {
    "verdict": Module(
        "verdict.py", ("verdict_rungs", "verdict"), ("numerical", "locate", "entries", *FRONT)
    ),
    "numerical": Module(
        "numerical.py", ("numerical_tables", "numerical"), ("verdict", "locate", "entries", *FRONT)
    ),
    "locate": Module("locate.py", ("locate_steps", "locate"), ("entries", "details", *FRONT)),
    "gradients": Module("gradients.py", ("gradients_parts", "gradients"), ("objects", *FRONT)),
    "tree": Module("tree.py", ("tree_parts", "tree"), ("objects", "state", "gradients", *FRONT)),
    "diagnosis": Module(
        "diagnosis/*.py",
        ("diagnosis_parts", "diagnose", "remarks"),
        ("recognise", "faults", *FRONT),
    ),
}
NOT_RUN, SURVIVED, NO_TEST = None, 0, 33  # as mutmut writes them


class Bench:
    """A copy of the repository in which mutants are made and run."""

    def __init__(self, folder: Path, module: Module) -> None:
        self.folder = folder
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
        )
        for name in filter(None, listed.stdout.split("\0")):
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / name, folder / name)
        self.sources = [
            file.relative_to(folder) for file in sorted((folder / "gradcheck").glob(module.sources))
        ]

    def mutants(self) -> list[str]:
        """The names of all mutants there are."""
        from mutmut.mutation.file_mutation import mutate_file_contents

        self._settings(())
        names = []
        with contextlib.chdir(self.folder):  # where it looks for its settings
            for source in self.sources:
                made = mutate_file_contents(str(source), source.read_text("utf-8"))
                module = ".".join(source.with_suffix("").parts)
                names += [f"{module}.{name}" for name in made.mutant_names]
        return names

    def survivors(self, mutants: Collection[str], tests: Collection[str]) -> list[str]:
        """Those of the mutants that pass these test files."""
        if not (mutants and tests):
            return list(mutants)
        self._settings(tests)
        shutil.rmtree(self.folder / "mutants", ignore_errors=True)
        run = self._mutmut("run", "--max-children=1", *mutants)
        outcomes: dict[str, int | None] = {}
        for source in self.sources:
            meta = self.folder / "mutants" / f"{source}.meta"
            outcomes |= json.loads(meta.read_text("utf-8"))["exit_code_by_key"]
        if any(outcomes[name] is NOT_RUN for name in mutants):
            raise RuntimeError(f"mutmut: expected a run to its end, got\n{run[-3000:]}")
        return [name for name in mutants if outcomes[name] in (SURVIVED, NO_TEST)]

    def change(self, mutant: str) -> str:
        """The lines that a mutant changes."""
        lines = self._mutmut("show", mutant).splitlines()
        changed = [n for n in lines if n[:1] in "+-" and n[:3] not in ("+++", "---")]
        return "\n".join(changed)

    def _settings(self, tests: Collection[str]) -> None:
        beside = [file.name for file in self.folder.iterdir() if file.name not in OWN]
        rows = {
            "source_paths": ["gradcheck"],
            "only_mutate": list(map(str, self.sources)),
            "pytest_add_cli_args_test_selection": [f"tests/test_{name}.py" for name in tests],
            "also_copy": beside,
        }
        lines = [f"{key} =\n    " + "\n    ".join(values) for key, values in rows.items()]
        (self.folder / "setup.cfg").write_text("\n".join(["[mutmut]", *lines]), "utf-8")

    def _mutmut(self, *words: str) -> str:
        run = subprocess.run(
            [sys.executable, "-m", "mutmut", *words],
            cwd=self.folder,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return run.stdout


OWN = ("gradcheck", "tests", "pyproject.toml", "setup.cfg", "mutants", ".git")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("module", choices=MODULES)
    parser.add_argument("--sample", type=int, help="mutants drawn; all without it")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--near", action="store_true", help="a module's own tests only")
    asked = parser.parse_args()
    module = MODULES[asked.module]
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), module)
        every = bench.mutants()
        drawn = every
        if asked.sample is not None:
            drawn = random.Random(asked.seed).sample(every, min(asked.sample, len(every)))
        near = bench.survivors(drawn, module.near)
        left = near if asked.near else bench.survivors(near, module.far)
        told = f"{asked.module}: {len(drawn)} of {len(every)} mutants drawn, "
        told += f"{len(drawn) - len(near)} killed by its own tests"
        print(told if asked.near else f"{told}, {len(drawn) - len(left)} by those around it too")
        for name in left:
            print(f"\n{name}\n{bench.change(name)}", flush=True)


if __name__ == "__main__":
    main()
