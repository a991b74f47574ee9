"""A check that somebody wants: a file, and expressions in its names."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class Wanted:
    """One check that somebody wants: a file, and expressions in its names.

    setup    statements run after the file
    main     run the file as a program: __name__ is "__main__"
    until    run the file only up to this line; 0 for all of it
    turns    of the loop in that line that are run before
    verbose  measure and draw more
    shrink   sizes that the setup takes, and their ranges: find the smallest net that is wrong
    """

    file: Path
    loss: str
    params: str
    grads: str = ""
    step: str = ""
    lr: str = ""
    setup: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    main: bool = False
    until: int = 0
    turns: int = 0
    seed: int = 0
    entries: Literal["auto", "all"] = "auto"
    max_evaluations: int | None = None
    name: str = ""
    shrink: str = ""
    verbose: bool = False

    @property
    def path(self) -> str:
        """The file as one would type it here."""
        try:
            return str(self.file.resolve().relative_to(Path.cwd().resolve()))
        except ValueError:
            return str(self.file)

    @property
    def title(self) -> str:
        return f"{self.path}, {self.name}" if self.name else self.path

    @property
    def command(self) -> str:
        """What to type, to make this check again."""
        words = ["gradcheck", "run", self.path]
        for text in self.setup:
            words += ["--setup", text]
        for name in ("loss", "params", "grads", "step", "lr"):
            text = getattr(self, name)
            words += [f"--{name}", text] if text else []
        words += ["--shrink", self.shrink] if self.shrink else []
        for pattern in self.select:
            words += ["--select", pattern]
        words += ["--main"] if self.main else []
        words += ["--until", str(self.until)] if self.until else []
        words += ["--turns", str(self.turns)] if self.turns else []
        words += ["--all-entries"] if self.entries == "all" else []
        if self.max_evaluations is not None:
            words += ["--max-evaluations", str(self.max_evaluations)]
        return " ".join(map(_quoted, [*words, "--seed", str(self.seed)]))


def _quoted(word: str) -> str:
    """As people quote: net['W'] in double quotes, unless a shell would read into it."""
    return f'"{word}"' if "'" in word and not set(word) & set('"$`\\!\n') else shlex.quote(word)
