"""Feed a target with texts for some time: python tests/fuzz/run.py options --seconds 1200

`all` shares the time among every target and every way of making its texts that is installed.

Three ways to make texts, each where it can be had: by the grammar of the target (Hypothesis), by
mutating the corpus so that new lines of the checker run (atheris), and, for sources, every file of
the standard library and of the installed packages, then any Python (hypothesmith).
A text that breaks a rule is written into the corpus, and the run goes on.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import random
import subprocess
import sys
import sysconfig
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

from targets import PATTERNS, TARGETS  # noqa: E402

WORD = st.one_of(
    st.sampled_from(
        [
            "W",
            "b",
            "w1",
            "W2",
            "b_2",
            "bias",
            "weights",
            "layer.0.W",
            "x",
            "h",
            "U_h",
            "V",
            "gamma",
            "beta",
            "grad",
            "dx",
        ]
    ),
    st.from_regex(r"[A-Za-z_∂∇Δδ][A-Za-z0-9_.\[\]']{0,6}", fullmatch=True),
    st.text(max_size=5),
)
ATOM = st.one_of(
    st.sampled_from(
        [
            "w",
            "net.W",
            "net.layers[0]['W']",
            "p['a,b']",
            "f(x, y)",
            "lambda q, r=1: (q, r)",
            "{1: 2}",
            "[i for i in (1, 2)]",
            "x[1:2, ::3]",
            "'\\'='",
            "f'{a,b!r:>{n}}'",
            "()",
            "a if b else c",
            "@2-3",
            "@ 9",
            "é = ü",
            "W=net.W",
            "'''a\nb'''",
            "# c",
            "\\\n",
            ";",
            "=",
            "x == y",
            ":=",
            "\f",
            "\x85",
            "\u2028",
            "\0",
            "\ufeff",
            "\r",
            "(",
            "]",
            "}",
            "\t",
            "b'\\xff'",
            "1e999",
        ]
    ),
    st.text(max_size=4),
)
TEXTS = {
    "names": st.tuples(st.lists(WORD, max_size=6), st.lists(WORD, max_size=6)).map(
        lambda t: " ".join(t[0]) + " | " + " ".join(t[1])
    )
    | st.tuples(st.lists(WORD, max_size=6), st.sampled_from(PATTERNS)).map(
        lambda t: " ".join(t[0]) + " | " + " ".join(t[1].format(w) for w in t[0])
    ),
    "options": st.lists(
        st.tuples(ATOM, st.sampled_from([", ", "; ", "=", "\n", " ", "+", ""])).map("".join),
        max_size=6,
    ).map("".join),
}

WAYS = [  # target, by, and the package that it needs
    ("options", "mutation", "atheris"),
    ("names", "mutation", "atheris"),
    ("options", "grammar", "hypothesis"),
    ("names", "grammar", "hypothesis"),
    ("sources", "files", "hypothesis"),
    ("sources", "any-python", "hypothesmith"),
]


def corpus(target: str) -> Iterator[tuple[Path, str]]:
    for file in sorted((HERE / "corpus" / target).glob("*.txt")):
        yield file, file.read_text("utf-8")


def tried(target: str, text: str, seen: set[str]) -> None:
    """Run the target; keep the text of an error that was not there yet."""
    try:
        TARGETS[target](text)
    except Exception as error:  # noqa: BLE001  whatever it is, it is what is looked for
        where = error.__traceback__
        while where is not None and where.tb_next is not None:
            where = where.tb_next
        at = f"{where.tb_frame.f_code.co_filename}:{where.tb_lineno}" if where else ""
        kind = f"{type(error).__name__} {at}"
        if kind in seen:
            return
        seen.add(kind)
        name = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
        (HERE / "corpus" / target / f"{name}.txt").write_text(text, "utf-8", "replace")
        print(f"found {kind}\n      {error!r:.300}\n      {text!r:.300}", flush=True)


def by_grammar(target: str, strategy: st.SearchStrategy[str], until: float, seed: int) -> int:
    count, seen, rng = 0, set[str](), random.Random(seed)

    @settings(
        max_examples=50,  # a batch is drawn to its end, and any Python takes long
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def batch(text: str) -> None:
        nonlocal count
        if time.monotonic() < until:
            count += 1
            tried(target, text, seen)

    while time.monotonic() < until:
        random.seed(rng.random())
        batch()
    return count


def by_files(target: str, until: float, seed: int) -> int:
    count, seen = 0, set[str]()
    folders = dict.fromkeys(sysconfig.get_paths()[key] for key in ("stdlib", "purelib"))
    files = sorted({file for folder in folders for file in Path(folder).rglob("*.py")})
    random.Random(seed).shuffle(files)
    for file in files:
        if time.monotonic() > until:
            break
        if file.stat().st_size < 20_000:  # each function looks through its whole file
            count += 1
            tried(target, file.read_text("utf-8", "replace"), seen)
    return count


def by_mutation(target: str, seconds: int) -> int:
    """Never returns: libFuzzer ends the process."""
    import atheris

    with atheris.instrument_imports():
        for name in [n for n in sys.modules if n.partition(".")[0] in ("gradcheck", "targets")]:
            del sys.modules[name]
        import targets
    seen: set[str] = set()
    TARGETS.update(targets.TARGETS)

    def one(data: bytes) -> None:
        tried(target, data.decode("utf-8", "replace"), seen)

    own = HERE / "corpus" / target
    found = Path(sys.argv[0]).parent / ".found" / target  # what reached new lines, not committed
    found.mkdir(parents=True, exist_ok=True)
    atheris.Setup(
        [sys.argv[0], str(found), str(own), f"-max_total_time={seconds}", "-max_len=400"], one
    )
    atheris.Fuzz()
    return 0


def everything(seconds: int, seed: int) -> None:
    """Each way for an equal share of the time, in a process of its own, one after the other."""
    ways = [way for way in WAYS if importlib.util.find_spec(way[2])]
    for target, by, _ in ways:
        share = [f"--seconds={seconds // len(ways)}", f"--seed={seed}", f"--by={by}"]
        subprocess.run([sys.executable, __file__, target, *share], check=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("target", choices=[*TARGETS, "all"])
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--by", choices=["grammar", "files", "any-python", "mutation"])
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    if asked.target == "all":
        everything(asked.seconds, asked.seed)
        return
    warnings.simplefilter("ignore", SyntaxWarning)  # of odd texts there are many
    by = asked.by or ("files" if asked.target == "sources" else "grammar")
    until = time.monotonic() + asked.seconds
    if by == "grammar":
        count = by_grammar(asked.target, TEXTS[asked.target], until, asked.seed)
    elif by == "any-python":
        import hypothesmith

        count = by_grammar(asked.target, hypothesmith.from_node(), until, asked.seed)
    elif by == "files":
        count = by_files(asked.target, until, asked.seed)
    else:
        count = by_mutation(asked.target, asked.seconds)
    print(f"{asked.target}, by {by}: {count} texts in {asked.seconds} s")


if __name__ == "__main__":
    main()
