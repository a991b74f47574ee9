"""How long one waits before anything is computed: imports, and the command.

    python -m benchmarks.startup --rounds 20

Each line is a process of its own, in turn with the others. Counted is the time that the processor
spends on it, so that other work on the machine matters little, and the fastest of the rounds.
NumPy is a good measure of the rest: nobody who checks gradients can do without it.
"""

import argparse
import os
import sys

PROCESSES = {
    "python -c pass": ("-c", "pass"),
    "import numpy": ("-c", "import numpy"),
    "import gradcheck": ("-c", "import gradcheck"),
    "from gradcheck import check_gradients": ("-c", "from gradcheck import check_gradients"),
    "gradcheck --help": ("-m", "gradcheck_command.cli", "--help"),
    "gradcheck faults": ("-m", "gradcheck_command.cli", "faults"),
    "gradcheck xor --no-train": ("-m", "gradcheck_command.cli", "xor", "--no-train"),
}
# bytecode is kept, as it is for everybody who has imported a package before
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}


def seconds(words: tuple[str, ...]) -> float:
    """Processor time of one Python process, its start included."""
    silent = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    child = os.posix_spawn(
        sys.executable, [sys.executable, *words], ENVIRONMENT, file_actions=silent
    )
    _, status, usage = os.wait4(child, 0)
    if status:
        raise RuntimeError(f"{' '.join(words)}: expected to end well, got status {status}")
    return usage.ru_utime + usage.ru_stime


def measure(rounds: int) -> dict[str, float]:
    """The fastest of the rounds, for each process."""
    taken = [{name: seconds(words) for name, words in PROCESSES.items()} for _ in range(rounds)]
    return {name: min(row[name] for row in taken) for name in PROCESSES}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    best = measure(parser.parse_args().rounds)
    print("| | ms | times `import numpy` |\n| --- | --- | --- |")
    for name, took in best.items():
        print(f"| `{name}` | {took * 1e3:.0f} | {took / best['import numpy']:.2f} |")


if __name__ == "__main__":
    main()
