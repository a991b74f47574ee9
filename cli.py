"""The command `gradcheck`: parse, call, draw, exit.

NumPy, the nets and the drawing are imported where they are used, so that `--help` is quick.
"""

from __future__ import annotations

import io
import json
import math
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from gradcheck import Report
    from gradcheck.expression import Misuse
    from gradcheck.script import Done, Wanted
    from nets import MLP, Fault, Gradients, Params
    from nets.layers import Array

STATUS = {"agrees": 0, "disagrees": 1, "inconclusive": 3}
MISUSE, INTERRUPTED = 2, 130
LEARNED = 0.25  # largest distance of an output from its target
MOST = 10_000_000  # epochs, samples, ...: more would only fill the memory
HIDDEN, ACTIVATION, LOSS, L2 = "2,2,2", "sigmoid", "mse", 0.0
SHORT_LOSSES = {
    "bce": "binary_cross_entropy",
    "bce_logits": "binary_cross_entropy_logits",
    "softmax": "softmax_cross_entropy",
}
OUTPUT_SUFFIXES = {"text": (".txt", ".log", ".md"), "json": (".json",)}
# What is tried, where the user left it open, when a fault cannot stand in the question's net.
VARIATIONS: tuple[dict[str, Any], ...] = (
    {},
    {"hidden": "3,4"},
    {"l2": 0.01},
    {"activation": "tanh"},
    {"loss": "binary_cross_entropy"},
    {"loss": "softmax_cross_entropy"},
)


def _option(metavar: str, text: str, parser: Callable[[Any], Any] | None = None) -> Any:
    return typer.Option(metavar=metavar, help=text, parser=parser, show_default=False)


def _number(who: str, kind: type[int | float], least: float, way_out: str) -> Callable[[Any], Any]:
    """A parser of finite numbers that are not below the least."""

    def parse(text: Any) -> int | float:
        try:
            number = kind(text)
        except ValueError:
            number = kind(-1)
        noun = "a whole number" if kind is int else "a number"
        good = least <= number <= MOST
        _expect(good, who, f"{noun}, {least} to {MOST:,}", repr(str(text)), way_out)
        return number

    return parse


app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,  # plain help is quicker, and the same in a pipe
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Run the command. Exit status: 0 agrees, 1 disagrees, 2 wrong usage, 3 inconclusive."""
    try:
        app(prog_name="gradcheck")
    except KeyboardInterrupt:
        _say_interrupted()
        sys.exit(INTERRUPTED)


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    """Tells where hand-written backpropagation goes wrong, and on what evidence.

    \b
    gradcheck run my_net.py          check the gradients of your own file
    gradcheck xor                    check and train a small net on XOR
    gradcheck xor --fault sign@2     plant a bug in its layer 2 and see the report
    gradcheck faults                 the bugs that can be planted
    """
    if version:
        from importlib.metadata import PackageNotFoundError
        from importlib.metadata import version as installed

        try:
            typer.echo(f"gradcheck {installed('gradcheck')}")
        except PackageNotFoundError:  # run from a folder of sources
            typer.echo("gradcheck, not installed")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit


@app.command()
def xor(
    *,
    fault: Annotated[
        str | None, _option("NAME[@LAYER]", "Plant a bug, one of `gradcheck faults`.")
    ] = None,
    hidden: Annotated[
        str | None, _option("UNITS", f"Units of each hidden layer; 3x8 is 8,8,8 [{HIDDEN}].")
    ] = None,
    activation: Annotated[
        str | None, _option("NAME", f"Of the hidden layers: tanh, relu, gelu ... [{ACTIVATION}].")
    ] = None,
    loss: Annotated[
        str | None, _option("NAME", f"mse, bce, bce_logits or softmax [{LOSS}].")
    ] = None,
    l2: Annotated[
        float | None,
        _option("RATE", "Weight decay [0].", _number("--l2", float, 0, "Leave it out for none.")),
    ] = None,
    batch: Annotated[
        int,
        _option(
            "N",
            "Samples: the four of XOR, repeated in turn [4].",
            _number("--batch", int, 1, "Leave it out for the four of XOR."),
        ),
    ] = 4,
    lr: Annotated[
        float,
        _option("RATE", "Learning rate [0.2].", _number("--lr", float, 0, "Start with 0.2.")),
    ] = 0.2,
    epochs: Annotated[
        int,
        _option("N", "Of training [20000].", _number("--epochs", int, 0, "0 is --no-train.")),
    ] = 20_000,
    seed: Annotated[
        int,
        _option("N", "Of the weights and the probes [0].", _number("--seed", int, 0, "Try 0.")),
    ] = 0,
    no_train: Annotated[bool, typer.Option("--no-train", help="Check only.")] = False,
    plot: Annotated[
        Path | None, _option("FILE", "Draw the loss curves, to a .png, .svg, .pdf or .jpg.")
    ] = None,
    format: Annotated[  # noqa: A002 - the name of the option
        str, _option("text|json", "Of the report [text].")
    ] = "text",
    output: Annotated[Path | None, _option("FILE", "Write the report there instead.")] = None,
) -> None:
    """Check every gradient of a small net, then train it on XOR.

    The net is 2-2-2-2-1, sigmoid, mean squared error, weights uniform in
    +-4 sqrt(6 / (fan_in + fan_out)), unless the options say otherwise.

    \b
    gradcheck xor                                  check, train, check again
    gradcheck xor --no-train                       check only
    gradcheck xor --hidden 8 --activation tanh     another net
    gradcheck xor --fault sign@2                   a wrong sign in layer 2
    gradcheck xor --fault question --plot loss.png a diverging loss, and why
    gradcheck xor --no-train --format json         for a program

    \b
    Exit status: 0 agrees, 1 disagrees, 2 wrong usage, 3 inconclusive.
    """
    _expect(
        format in OUTPUT_SUFFIXES, "--format", "text or json", repr(format), "text is for people."
    )
    _expect_file("--output", output, OUTPUT_SUFFIXES.get(format, ()))
    epochs = 0 if no_train else epochs
    if plot is not None:
        from gradcheck.render.plot import SUFFIXES

        _expect_file("--plot", plot, SUFFIXES)
        _expect(epochs > 0, "--plot", "a training to draw", "none", "Leave --no-train out.")
        _expect_matplotlib()

    given = {"hidden": hidden, "activation": activation, "loss": loss, "l2": l2}
    chosen = {name: value for name, value in given.items() if value is not None}
    session = _session(fault, chosen, batch, seed)
    session.command = _command(fault=fault, **given, batch=batch if batch != 4 else None, seed=seed)

    from rich.console import Console

    written = io.StringIO()
    if output is None and format == "text":
        console = Console(highlight=False)
    else:
        console = Console(highlight=False, file=written, width=80, quiet=format != "text")
    status = _run(session, console, lr, epochs, plot)
    if format == "json":
        text = json.dumps(session.facts, indent=2, allow_nan=False) + "\n"
    else:
        text = written.getvalue()
    _write(text, output)
    raise typer.Exit(status)


@app.command()
def run(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE...", help="Python files; they are executed."),
    ] = None,
    *,
    loss: Annotated[str, _option("EXPR", "Computes the loss: one number.")] = "",
    params: Annotated[
        str, _option("EXPR", "What holds the parameters, or the parameters, with commas.")
    ] = "",
    grads: Annotated[
        str, _option("EXPR", "Computes their gradients, or reads them where they are stored.")
    ] = "",
    step: Annotated[str, _option("CODE", "Instead of --grads: one step of training ...")] = "",
    lr: Annotated[str, _option("EXPR", "... and its learning rate; --step may call it lr.")] = "",
    setup: Annotated[
        list[str] | None, _option("CODE", "To run after the file; may be given again.")
    ] = None,
    main: Annotated[
        bool, typer.Option("--main", help='Run what is under if __name__ == "__main__", too.')
    ] = False,
    select: Annotated[
        list[str] | None, _option("PATTERN", "Check the parameters of such a name, like '*.W'.")
    ] = None,
    check: Annotated[
        list[str] | None, _option("NAME", "Of the checks in pyproject.toml, only this.")
    ] = None,
    seed: Annotated[
        int | None,
        _option(
            "N",
            "Of the random numbers of the file and of the check [0].",
            _number("--seed", int, 0, "Try 0."),
        ),
    ] = None,
    all_entries: Annotated[
        bool, typer.Option("--all-entries", help="Judge every entry: two evaluations each.")
    ] = False,
    max_evaluations: Annotated[
        int | None,
        _option(
            "N",
            "Of the loss; the rest is inconclusive.",
            _number("--max-evaluations", int, 1, "A check of a small net takes about 100."),
        ),
    ] = None,
    format: Annotated[  # noqa: A002 - the name of the option
        str, _option("text|json", "Of the report [text].")
    ] = "text",
    output: Annotated[Path | None, _option("FILE", "Write the report there instead.")] = None,
) -> None:
    """Run Python files and check the gradients that they compute.

    FILE is executed, as python would, but for what is under if __name__ == "__main__". Then
    each option is evaluated among its names; the file needs no edit. Its prints are kept back,
    its plots stay closed.

    \b
    gradients that are returned:
      gradcheck run my_net.py --loss "mse(forward(X, p), y)" --params p \\
                              --grads "backward(X, y, p)"
    gradients that are stored in the net:
      gradcheck run my_net.py --setup "net = MLP(2, 3)" --loss "net.loss(X, y)" \\
                              --params net --grads "net.backward(X, y)"
    weights that are updated at once:
      gradcheck run my_net.py --loss "loss(X, y)" --params "w1, w2, net['b']" \\
                              --step "train(X, y, lr)" --lr 0.1
    a script without functions: lines of it, here of its training loop:
      gradcheck run my_net.py --loss "@21-23; np.mean((out - y)**2)" \\
                              --params "w1, w2" --step @21-30 --lr 0.1
    without FILE or options, the checks of pyproject.toml:
      gradcheck run

    \b
    Without --loss it tells what FILE holds. --params, --grads: expressions with
    commas, each perhaps named, as in hidden.W=w1. CODE: statements with ; between
    them. @12-17 stands for these lines of FILE. np is NumPy.
    In pyproject.toml: [[tool.gradcheck.check]] with file, loss, params, grads ...

    \b
    Exit status: 0 agrees, 1 disagrees, 2 wrong usage, 3 inconclusive; of several
    checks the worst: 1, then 2, then 3.
    """
    _expect(
        format in OUTPUT_SUFFIXES, "--format", "text or json", repr(format), "text is for people."
    )
    _expect_file("--output", output, OUTPUT_SUFFIXES.get(format, ()))
    asked: dict[str, Any] = {
        "loss": loss,
        "params": params,
        "grads": grads,
        "step": step,
        "lr": lr,
        "setup": tuple(setup or ()),
        "select": tuple(select or ()),
        "main": main,
        "seed": seed,
        "entries": "all" if all_entries else "",
        "max_evaluations": max_evaluations,
    }
    # a seed of 0 was asked for, too
    given = {key: value for key, value in asked.items() if value or (key == "seed" and value == 0)}
    from gradcheck.expression import Misuse

    try:
        wanted = _wanted(files or [], given, check or [])
        status = _check_all(wanted, format, output)
    except Misuse as problem:
        _refuse(_with_detail(problem))
    except KeyboardInterrupt:
        _say_interrupted()
        status = INTERRUPTED
    raise typer.Exit(status)


@app.command()
def faults() -> None:
    """List the bugs that `gradcheck xor --fault NAME[@LAYER]` can plant.

    NAME@2 plants it at layer 2, NAME alone at a middle one of the layers that it fits.
    """
    _nets_beside()
    from rich.console import Console

    from gradcheck.render.page import Page, put
    from nets import CATALOGUE

    console = Console()
    page = Page.of(console)
    column = max(map(len, CATALOGUE)) + 4
    kind = ""
    for row in CATALOGUE.values():
        if row.kind != kind:
            kind = row.kind
            console.print(kind, style="bold", highlight=False)
        fits = "" if row.where.words == "any layer" else f" Fits {row.where.words}."
        text = page.clean(row.sentence + fits)
        put(console, page.paragraph(text, first=f"  {row.name:<{column - 2}}", hang=column))


# The work behind `gradcheck run`.


def _wanted(files: list[Path], given: dict[str, Any], names: list[str]) -> list[Wanted]:
    """The checks that were asked for: on the command line, or by pyproject.toml."""
    from gradcheck import project
    from gradcheck.expression import Misuse, did_you_mean
    from gradcheck.script import Wanted

    expressions = given.keys() & {"loss", "params", "grads", "step", "lr", "setup"}
    if files and expressions:
        filled = {"loss": "", "params": ""} | given
        return [Wanted(file, **filled) for file in files]
    if expressions:
        raise Misuse("FILE: expected a Python file to run, got none. Put it after `gradcheck run`.")
    place = project.find(Path.cwd())
    rows = project.read(place) if place else []
    if files:
        known = {file.resolve(): file for file in files}
        mine = [row for row in rows if row.file.resolve() in known]
        if not mine:  # what the file holds is told when it has run
            return [Wanted(file, **({"loss": "", "params": ""} | given)) for file in files]
        rows = mine
    elif not rows:
        raise Misuse(
            "FILE: expected a Python file to run, got none, and no checks in pyproject.toml. "
            "Try: gradcheck run my_net.py"
        )
    titles = [row.name for row in rows]
    for name in names:
        if name not in titles:
            raise Misuse(
                f"--check: expected a check of pyproject.toml ({', '.join(filter(None, titles))}), "
                f"got {name!r}.{did_you_mean(name, titles)}"
            )
    return [replace(row, **given) for row in rows if not names or row.name in names]


def _check_all(wanted: Sequence[Wanted], form: str, output: Path | None) -> int:
    """Make every check, show every report; the exit status of the worst."""
    from rich.console import Console

    # all that is drawn with, imported before a user's folder is on the path
    from gradcheck.expression import Misuse
    from gradcheck.render.terminal import draw
    from gradcheck.script import perform

    written = io.StringIO()
    console = Console(highlight=False)
    if output is not None or form != "text":
        console = Console(highlight=False, file=written, width=80, quiet=form != "text")
    facts: list[dict[str, Any]] = []
    statuses = []
    for number, one in enumerate(wanted):
        again = _run_command(one)
        told: dict[str, Any] = {"name": one.name, "file": _short(one.file), "command": again}
        if number:
            console.print()
        try:
            with _waiting(one) as progress:
                done = perform(one, progress)
        except Misuse as problem:
            statuses.append(MISUSE)
            facts.append(told | {"verdict": None, "refused": str(problem)})
            if len(wanted) == 1:
                _refuse(_with_detail(problem))
            where = _title_of(one)
            typer.echo(f"gradcheck: {where}: {_with_detail(problem)}", err=True)
            continue
        statuses.append(STATUS[done.report.verdict])
        facts.append(told | json.loads(done.report.to_json()) | {"hints": list(done.hints)})
        _show(done, console, draw, titled=len(wanted) > 1, again=again)
    ranked = (STATUS["disagrees"], MISUSE, STATUS["inconclusive"], STATUS["agrees"])
    status = min(statuses, key=ranked.index)
    if form == "json":
        words = {number: word for word, number in STATUS.items()}
        whole = {"verdict": words.get(status), "status": status, "checks": facts}
        _write(json.dumps(whole, indent=2, allow_nan=False) + "\n", output)
    else:
        _write(written.getvalue(), output)
    return status


def _show(
    done: Done, console: Console, draw: Callable[..., None], *, titled: bool, again: str
) -> None:
    from gradcheck.render.page import Page, put

    page = Page.of(console)
    if titled:
        put(console, page.paragraph(page.clean(_title_of(done.wanted)), hang=2))
    draw(done.report, console, again=again)
    if done.hints and done.report.verdict == "agrees" and not done.report.notes:
        console.print()
    for hint in done.hints:
        put(console, page.labelled("hint", page.clean(hint)))


def _title_of(wanted: Wanted) -> str:
    return f"{_short(wanted.file)}, {wanted.name}" if wanted.name else _short(wanted.file)


def _short(file: Path) -> str:
    """The path as one would type it here."""
    try:
        return str(file.resolve().relative_to(Path.cwd().resolve()))
    except ValueError:
        return str(file)


def _run_command(wanted: Wanted) -> str:
    """The command that repeats a check."""
    words = ["gradcheck", "run", _short(wanted.file)]
    for text in wanted.setup:
        words += ["--setup", text]
    for name in ("loss", "params", "grads", "step", "lr"):
        text = getattr(wanted, name)
        words += [f"--{name}", text] if text else []
    for pattern in wanted.select:
        words += ["--select", pattern]
    words += ["--main"] if wanted.main else []
    words += ["--all-entries"] if wanted.entries == "all" else []
    if wanted.max_evaluations is not None:
        words += ["--max-evaluations", str(wanted.max_evaluations)]
    return " ".join(map(_quoted, [*words, "--seed", str(wanted.seed)]))


def _quoted(word: str) -> str:
    """As people quote: net['W'] in double quotes, unless a shell would read into it."""
    return f'"{word}"' if "'" in word and not set(word) & set('"$`\\!\n') else shlex.quote(word)


@contextmanager
def _waiting(wanted: Wanted) -> Iterator[Callable[[str, int], None] | None]:
    """A line that says what is being done, on a terminal and while it is done."""
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    if not console.is_terminal or not sys.stdout.isatty():
        yield None
        return
    with console.status(f"running {wanted.file.name} ...") as status:

        def tell(what: str, evaluations: int) -> None:
            status.update(f"checking {what}, {evaluations:,} evaluations")

        yield tell


def _with_detail(problem: Misuse) -> str:
    return f"{problem}\n{problem.detail}" if problem.detail else str(problem)


# The work behind `gradcheck xor`.


@dataclass
class _Session:
    """One call of `gradcheck xor`: what is checked and trained, and what became of it."""

    net: MLP
    params: Params
    inputs: Array
    targets: Array
    seed: int
    gradients: Gradients  # under test
    fault: str = ""
    sentence: str = ""
    command: str = ""
    verdicts: list[str] = field(default_factory=list)
    trainings: list[_Training] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def status(self) -> int:
        """That of the worst verdict."""
        ranked = ("disagrees", "inconclusive", "agrees")
        return STATUS[min(self.verdicts, key=ranked.index)]

    def check(self, params: Params) -> Report:
        from gradcheck import check_gradients

        report = check_gradients(
            lambda: self.net.loss(params, self.inputs, self.targets),
            params,
            lambda: self.gradients(params, self.inputs, self.targets),
            seed=self.seed,
            explain=None if not self.verdicts else False,  # later checks only want the verdict
        )
        self.verdicts.append(report.verdict)
        return report


def _session(fault: str | None, chosen: dict[str, Any], batch: int, seed: int) -> _Session:
    """The net, its data and its backward pass, faulty if asked for."""
    _nets_beside()
    import numpy as np

    from nets.xor import T, X, question_params

    name = sentence = ""
    try:
        if fault is None:
            net = _net(chosen)
            gradients: Gradients = net.gradients
        else:
            net, row, gradients = _planted(fault, chosen, batch)
            name = row.name if row.everywhere else type(gradients).__name__
            sentence = row.sentence
    except ValueError as problem:
        _refuse(str(problem))
    outputs = net.sizes[-1]
    return _Session(
        net,
        question_params(net, seed),
        np.resize(X, (batch, 2)),
        np.resize(T if outputs == 1 else np.hstack([1 - T, T]), (batch, outputs)),
        seed,
        gradients,
        name,
        sentence,
    )


def _net(chosen: dict[str, Any]) -> MLP:
    from nets import MLP

    loss = chosen.get("loss", LOSS)
    loss = SHORT_LOSSES.get(loss, loss)
    classes = loss == SHORT_LOSSES["softmax"]
    logits = classes or loss == SHORT_LOSSES["bce_logits"]
    sizes = (2, *_units(chosen.get("hidden", HIDDEN)), 2 if classes else 1)
    activation = chosen.get("activation", ACTIVATION)
    return MLP(sizes, activation, "identity" if logits else "sigmoid", loss, chosen.get("l2", L2))


def _units(text: str) -> list[int]:
    """2,2,2 or 3x2: three hidden layers of two units."""
    count, times, width = text.partition("x")
    try:
        return [int(width)] * int(count) if times else [int(part) for part in text.split(",")]
    except ValueError:
        raise ValueError(
            f"--hidden: expected units like 8 or 2,2,2 or 3x2, got {text!r}. "
            "Name the units of each hidden layer."
        ) from None


def _planted(fault: str, chosen: dict[str, Any], batch: int) -> tuple[MLP, Fault, Gradients]:
    """A net in which the fault does damage, nearest to the question's, and the fault in it."""
    from nets import parse

    row, layer = parse(fault)
    for variation in VARIATIONS:
        if not chosen.keys() & variation.keys():
            net = _net(chosen | variation)
            layers = row.layers(net, batch)
            if layers and (layer is None or layer in layers):
                return net, row, row.plant(net, layer, batch)
    net = _net(chosen)
    return net, row, row.plant(net, layer, batch)  # refused in words, or planted without damage


def _run(session: _Session, console: Console, lr: float, epochs: int, plot: Path | None) -> int:
    """Check, train, check again, and say so; the exit status."""
    from gradcheck.render.page import Page, put
    from gradcheck.render.terminal import draw

    page = Page.of(console)
    net = session.net
    put(console, page.paragraph(_title(session), first="net      ", hang=9))
    if session.fault:
        planted = page.clean(f"{session.fault}: {session.sentence}")
        put(console, page.paragraph(planted, first="planted  ", hang=9))
    console.print()
    session.facts |= {"command": session.command, "net": repr(net), "fault": session.fault}
    try:
        report = session.check(session.params)
    except (ValueError, TypeError) as problem:
        if not session.fault:
            raise
        # refused at the boundary, as a gradient of the wrong shape is
        put(console, page.paragraph(page.clean(str(problem)), first="refused  ", hang=9))
        session.facts |= {"verdict": "disagrees", "refused": str(problem)}
        return STATUS["disagrees"]
    draw(report, console, table=True, again=session.command)
    session.facts |= json.loads(report.to_json())
    if not epochs:
        if session.fault and not session.status:
            hint = "The fault does no damage at this start; train, to meet it on the way."
            console.print(f"\n{hint}")
        return session.status

    console.print()
    status = session.status
    try:
        _train_all(session, console, lr, epochs)
        status = session.status
    except KeyboardInterrupt:
        _say_interrupted(session.trainings)
        status = INTERRUPTED
    session.facts["training"] = [training.facts for training in session.trainings]
    if plot is not None:
        _draw_curves(session, plot)
        put(console, page.paragraph(page.clean(str(plot)), first="drawn    ", hang=9))
    return status


def _title(session: _Session) -> str:
    net = session.net
    decay = f", l2 {net.l2:g}" if net.l2 else ""
    return (
        f"{'-'.join(map(str, net.sizes))} {net.activation}, {net.objective}{decay}; "
        f"XOR, {len(session.inputs)} sample{'s' * (len(session.inputs) != 1)}, seed {session.seed}"
    )


def _train_all(session: _Session, console: Console, lr: float, epochs: int) -> None:
    """Train with the right gradient and, if there is one, from the same start with the faulty."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from gradcheck.render.page import Page, put
    from gradcheck.render.terminal import draw

    page = Page.of(console)
    twice = ", twice from the same start" if session.fault else ""
    console.print(f"training {epochs:,} epochs, learning rate {lr:g}{twice}")
    runs: dict[str, Gradients | None] = {"right gradient": None}
    if session.fault:
        runs[session.fault] = session.gradients
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    for name, gradients in runs.items():
        training = _Training(session, name, gradients, lr, epochs)
        session.trainings.append(training)
        terminal = console.file.isatty()
        with Progress(*columns, console=console, transient=True, disable=not terminal) as bar:
            task = bar.add_task(name, total=epochs)
            for epoch in training.run(checked=name == list(runs)[-1]):
                bar.update(task, completed=epoch)
        for epoch, report in training.reports:
            checked = f"{page.mark(report.verdict)} {report.verdict}"
            console.print(f"  epoch {epoch:>6,}  loss {report.loss:<8.3g}  {checked}")
        for indent, said in zip(("  ", "    "), training.said, strict=False):
            put(console, page.paragraph(page.clean(said), first=indent, hang=len(indent)))
        # the first report is drawn already; of the later ones, what is news
        news = [report for _, report in training.reports if report.verdict == "disagrees"]
        if news and session.verdicts[0] != "disagrees":
            console.print()
            draw(news[0], console)


@dataclass
class _Training:
    """One training: its losses, the checks on its way, and what was learned."""

    session: _Session
    name: str
    gradients: Gradients | None  # None: the right one
    lr: float
    epochs: int
    losses: list[float] = field(default_factory=list)
    reports: list[tuple[int, Report]] = field(default_factory=list)
    last: float = math.nan
    outputs: list[float] = field(default_factory=list)
    failure: str = ""

    def run(self, *, checked: bool) -> Iterator[int]:
        """Train, yielding the epoch every one per cent of the way."""
        from nets.xor import X, train

        session, net = self.session, self.session.net
        params = {
            layer: {name: values.copy() for name, values in block.items()}
            for layer, block in session.params.items()
        }
        ends = {self.epochs * percent // 100 for percent in range(1, 101)} - {0}
        checks = {self.epochs // 100, self.epochs // 10, self.epochs // 2, self.epochs}
        done = 0
        for end in sorted(ends):
            data = session.inputs, session.targets
            try:
                losses = train(net, params, *data, self.lr, end - done, self.gradients)
            except ValueError as problem:  # a gradient of another shape does not fit the update
                self.failure = str(problem)
                return
            self.losses += losses.tolist()
            if not math.isfinite(losses[-1]):
                return
            if checked and end in checks:
                self.reports.append((end, session.check(params)))
            done = end
            yield done
        self.last = float(net.loss(params, session.inputs, session.targets))
        self.outputs = _probabilities(net, net.forward(params, X))

    @property
    def learned(self) -> bool:
        from nets.xor import T

        pairs = zip(self.outputs, T.flat, strict=True)
        return all(abs(output - target) < LEARNED for output, target in pairs)

    @property
    def said(self) -> list[str]:
        """What became of it, in two sentences."""
        from nets.xor import X

        if self.failure:
            return [f"{self.name}: the update fails, {self.failure}"]
        if not self.outputs:
            epochs = next(i for i, loss in enumerate(self.losses) if not math.isfinite(loss))
            return [f"{self.name}: the loss is not finite any more after {epochs:,} epochs"]
        learned = "XOR is learned" if self.learned else "XOR is not learned"
        answers = (
            f"{a:.0f} xor {b:.0f} = {y:.2f}" for (a, b), y in zip(X, self.outputs, strict=True)
        )
        return [
            f"{self.name}: {learned}, loss {self.losses[0]:.3g} -> {self.last:.3g}",
            ", ".join(answers),
        ]

    @property
    def facts(self) -> dict[str, Any]:
        return {
            "gradient": self.name,
            "losses": [_finite(loss) for loss in (*self.losses[:1], self.last)],
            "outputs": [_finite(y) for y in self.outputs],
            "learned": self.learned if self.outputs else None,
            "checks": [{"epoch": epoch, "verdict": r.verdict} for epoch, r in self.reports],
        }


def _probabilities(net: MLP, outputs: Array) -> list[float]:
    """What the net says to the four inputs, whether its outputs are logits or not."""
    from nets.layers import sigmoid
    from nets.losses import softmax

    if net.sizes[-1] > 1:
        outputs = softmax(outputs)[:, 1:]
    elif net.output == "identity":
        outputs = sigmoid(outputs)
    return [float(output) for output in outputs[:, 0]]


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _draw_curves(session: _Session, file: Path) -> None:
    from gradcheck.render.plot import loss_curves

    curves = {training.name: training.losses for training in session.trainings}
    try:
        loss_curves(curves, file, title=_title(session))
    except OSError as problem:
        _refuse(f"--plot: expected a file that can be written, got {problem}. Choose another.")


# The rim: what the user typed, files, the end.


def _nets_beside() -> None:
    """Put the folder of this file first on the path: `nets` is ours, not one of the user."""
    from gradcheck.users import examine

    here = Path(__file__).resolve().parent
    examine(here / "nets")  # installed, but looked into like a user's code
    if sys.path[0] != str(here):
        sys.path.insert(0, str(here))


def _command(**options: object) -> str:
    """The command that repeats a check."""
    words = ["gradcheck", "xor"]
    for name, value in options.items():
        words += [f"--{name}", str(value)] if value is not None else []
    return shlex.join(words)


def _expect(holds: bool, who: str, expected: str, got: object, way_out: str) -> None:
    if not holds:
        _refuse(f"{who}: expected {expected}, got {got}. {way_out}")


def _expect_file(who: str, file: Path | None, suffixes: Sequence[str]) -> None:
    """Refuse, before any work, a file that cannot be the result: least of all a program's."""
    if file is None:
        return
    listed = ", ".join(suffixes)
    known = file.suffix.lower() in suffixes
    _expect(known, who, f"a file name ending in {listed}", repr(str(file)), "Add the ending.")
    _expect(not file.is_dir(), who, "a file", f"the folder {str(file)!r}", "Add a name.")
    folder = file.parent
    _expect(folder.is_dir(), who, "a folder that exists", repr(str(folder)), "Make it first.")


def _expect_matplotlib() -> None:
    from importlib.util import find_spec

    _expect(
        find_spec("matplotlib") is not None,
        "--plot",
        "matplotlib",
        "no such module",
        "Install it: pip install 'gradcheck[plot]'",
    )


def _write(text: str, file: Path | None) -> None:
    if file is None:
        sys.stdout.write(text)
        return
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as problem:
        _refuse(f"--output: expected a file that can be written, got {problem}. Choose another.")


def _refuse(message: str) -> NoReturn:
    typer.echo(f"gradcheck: {message}", err=True)
    raise typer.Exit(MISUSE)


def _say_interrupted(trainings: Sequence[_Training] = ()) -> None:
    done = sum(len(training.losses) for training in trainings)
    after = f" after {done:,} epochs, loss {trainings[-1].losses[-1]:.3g}" if done else ""
    typer.echo(f"interrupted{after}", err=True)


if __name__ == "__main__":
    main()
