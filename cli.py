"""The command `gradcheck`: parse, call, draw, exit.

NumPy, the nets and the drawing are imported where they are used, so that `--help` is quick.
"""

from __future__ import annotations

import errno
import json
import os
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from gradcheck import Report
    from gradcheck.render.outlet import Outlet
    from gradcheck.run.expression import Misuse
    from nets import Params, Session, Training

# Exit statuses. None is a check that could not be made; of several, the first one here.
STATUS: dict[str | None, int] = {"disagrees": 1, None: 2, "inconclusive": 3, "agrees": 0}
INTERRUPTED, CLOSED = 130, 141  # by Ctrl-C; by who reads what is printed, such as head
FULL = {errno.ENOSPC, errno.EDQUOT}
FOUR = "the four of XOR"
RATE, EPOCHS = 0.2, 20_000
SMALL = "A check of a small net takes about 100."
MOST = 10_000_000  # epochs, samples, ...: more would only fill the memory


def _option(metavar: str, text: str, **more: Any) -> Any:
    return typer.Option(metavar=metavar, help=text, show_default=False, **more)


def _number(who: str, least: float, text: str, way_out: str) -> Any:
    """An option that takes a finite number, whole if the least is."""
    kind, noun = type(least), "a whole number" if isinstance(least, int) else "a number"

    def parse(typed: Any) -> int | float:
        try:
            number = kind(typed)
        except ValueError:
            number = kind(-1)
        good = least <= number <= MOST
        _expect(good, who, f"{noun}, {least:g} to {MOST:,}", repr(str(typed)), way_out)
        return number

    return _option("N" if kind is int else "RATE", text, parser=parse)


def _name(table: str, text: str, metavar: str = "NAME") -> Any:
    """An option that takes a name in a table of nets, which the shell can complete."""

    def complete(typed: str) -> list[tuple[str, str]]:
        _nets_beside()
        import nets

        told = {name: getattr(row, "sentence", "") for name, row in getattr(nets, table).items()}
        return [(name, text) for name, text in told.items() if name.startswith(typed)]

    return _option(metavar, text, autocompletion=complete)


def _formats(typed: str) -> list[str]:
    from gradcheck.render.outlet import FORMATS

    return [name for name in FORMATS if name.startswith(typed)]


Format = Annotated[
    str, _option("NAME", "text, json, html, github or sarif [text].", autocompletion=_formats)
]
Verbose = Annotated[
    bool,
    typer.Option(
        "--verbose", "-v", help="Draw wrong arrays as maps, and the slope at each step: more calls."
    ),
]
Output = Annotated[
    Path | None, _option("FILE", "Write the report to this file, and not to the terminal.")
]


class Commands(TyperGroup):
    """The commands; a misspelt one is answered with the nearest, a file with the command for it."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args[0].endswith(".py"):
            ctx.fail(f"No such command {args[0]!r}. Did you mean 'gradcheck run {args[0]}'?")
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=Commands,
    rich_markup_mode=None,  # plain help is quicker, and the same in a pipe
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Run the command. Exit status: 0 agrees, 1 disagrees, 2 wrong usage, 3 inconclusive."""
    try:
        try:
            app(prog_name="gradcheck")
        finally:
            sys.stdout.flush()
    except KeyboardInterrupt:
        _say_interrupted()
        sys.exit(INTERRUPTED)
    except (OSError, SystemExit) as ended:
        # rich and typer make an exit of a closed pipe
        problem = ended.__context__ if isinstance(ended, SystemExit) else ended
        if not isinstance(problem, OSError):
            raise
        sys.exit(_unprinted(problem))


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    """Tells where hand-written backpropagation goes wrong, and on what evidence.

    \b
    gradcheck run my_net.py          check its training loop, or tell what to type
    gradcheck run my_net.py --loss "loss(X)" --params net --grads "backward(X)"
                                     check its gradients; the file needs no edit
    gradcheck xor                    check and train a small net on XOR
    gradcheck xor --fault sign@2     plant a bug in its layer 2 and see the report
    gradcheck faults                 the bugs that can be planted

    \b
    gradcheck run --help and gradcheck xor --help show more examples.
    Exit status: 0 agrees, 1 disagrees, 2 wrong usage, 3 inconclusive, 130 Ctrl-C.
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
        str | None, _name("CATALOGUE", "Plant a bug, one of `gradcheck faults`.", "NAME[@LAYER]")
    ] = None,
    hidden: Annotated[
        str | None, _option("UNITS", "Units of each hidden layer; 3x8 is 8,8,8 [2,2,2].")
    ] = None,
    activation: Annotated[
        str | None,
        _name("ACTIVATIONS", "What hidden layers apply: tanh, relu, gelu ... [sigmoid]."),
    ] = None,
    loss: Annotated[
        str | None, _name("LOSS_NAMES", "The loss: mse, bce, bce_logits or softmax [mse].")
    ] = None,
    l2: Annotated[
        float | None, _number("--l2", 0.0, "Weight decay [0].", "Leave it out for none.")
    ] = None,
    batch: Annotated[
        int,
        _number(
            "--batch",
            1,
            f"How many samples: {FOUR}, repeated in turn [4].",
            f"Leave it out for {FOUR}.",
        ),
    ] = 4,
    lr: Annotated[
        float | None, _number("--lr", 0.0, "Learning rate [0.2].", "Start with 0.2.")
    ] = None,
    epochs: Annotated[
        int | None, _number("--epochs", 0, "How long to train [20000].", "0 is --no-train.")
    ] = None,
    seed: Annotated[
        int, _number("--seed", 0, "Seed of the weights and the probes [0].", "Try 0.")
    ] = 0,
    no_train: Annotated[bool, typer.Option("--no-train", help="Check only.")] = False,
    plot: Annotated[
        Path | None, _option("FILE", "Draw the loss curves, to a .png, .svg, .pdf or .jpg.")
    ] = None,
    verbose: Verbose = False,
    format: Format = "text",  # noqa: A002 - the name of the option
    output: Output = None,
) -> None:
    """Check every gradient of a small net, then train it on XOR.

    The net is 2-2-2-2-1, sigmoid, mean squared error, weights uniform in
    +-4 sqrt(6 / (fan_in + fan_out)), unless the options say otherwise.

    \b
    gradcheck xor                                   check, train, check again
    gradcheck xor --no-train                        check only
    gradcheck xor --hidden 8 --activation tanh      another net
    gradcheck xor --fault sign@2                    a wrong sign in layer 2
    gradcheck xor --fault question --plot loss.png  a loss that grows, and why
    gradcheck xor --no-train --format json          for a program

    \b
    Exit status: 0 agrees, 1 disagrees, 2 wrong usage, 3 inconclusive, 130 Ctrl-C.
    """
    given = {"hidden": hidden, "activation": activation, "loss": loss, "l2": l2}
    chosen = {name: value for name, value in given.items() if value is not None}
    words = {"fault": fault, **chosen, "batch": batch if batch != 4 else None, "seed": seed}
    _nets_beside()
    from gradcheck.render.outlet import Outlet, expect_file
    from gradcheck.render.plot import SUFFIXES, expect_matplotlib
    from gradcheck.run.expression import Misuse
    from nets import Session

    with _refusing():
        outlet = Outlet(format, output)
        for name, value in {"--lr": lr, "--epochs": epochs}.items():
            idle = no_train and value is not None
            _expect(not idle, name, "a training", "--no-train", "Leave one of them out.")
        epochs = 0 if no_train else EPOCHS if epochs is None else epochs
        expect_file("--plot", plot, SUFFIXES)
        if plot is not None:
            _expect(epochs > 0, "--plot", "a training to draw", "none", "Leave --no-train out.")
            expect_matplotlib("--plot")
        try:
            session = Session.of(chosen, fault, batch, seed)
        except ValueError as problem:
            raise Misuse(f"--{problem}") from None
        rate = RATE if lr is None else lr
        status = _xor(session, outlet, _command(words), rate, epochs, plot, verbose)
    raise typer.Exit(status)


@app.command()
def run(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE", hidden=True),  # the text below tells it
    ] = None,
    *,
    loss: Annotated[str, _option("EXPR", "What computes the loss: one number.")] = "",
    params: Annotated[
        str, _option("EXPR", "What holds the parameters, or the parameters, with commas.")
    ] = "",
    grads: Annotated[
        str, _option("EXPR", "What computes their gradients, or reads them where they are stored.")
    ] = "",
    step: Annotated[
        str,
        _option("CODE", "Instead of --grads: one step of training, which updates the parameters."),
    ] = "",
    lr: Annotated[str, _option("EXPR", "The learning rate of --step, which may call it lr.")] = "",
    setup: Annotated[
        list[str] | None, _option("CODE", "What to run after the file; may be given again.")
    ] = None,
    main: Annotated[
        bool, typer.Option("--main", help='Run what is under if __name__ == "__main__", too.')
    ] = False,
    until: Annotated[
        int | None,
        _number(
            "--until", 1, "Run FILE only up to this line, such as its training loop.", "Try 1."
        ),
    ] = None,
    turns: Annotated[
        int | None,
        _number("--turns", 0, "Turns of the loop in line --until that are run before.", "Try 0."),
    ] = None,
    select: Annotated[
        list[str] | None,
        _option("PATTERN", "Check only the parameters of such a name, like '*.W'."),
    ] = None,
    check: Annotated[
        list[str] | None, _option("NAME", "The one check to make of those in pyproject.toml.")
    ] = None,
    seed: Annotated[
        int | None,
        _number("--seed", 0, "Seed of the random numbers of the file and the check [0].", "Try 0."),
    ] = None,
    all_entries: Annotated[
        bool, typer.Option("--all-entries", help="Judge every entry: two evaluations each.")
    ] = False,
    max_evaluations: Annotated[
        int | None,
        _number(
            "--max-evaluations",
            1,
            "Evaluations of the loss, at most; the rest is inconclusive.",
            SMALL,
        ),
    ] = None,
    shrink: Annotated[
        str, _option("SIZES", "Find the smallest net that is wrong; --setup takes the sizes.")
    ] = "",
    verbose: Verbose = False,
    format: Format = "text",  # noqa: A002 - the name of the option
    output: Output = None,
) -> None:
    """Run Python files and check the gradients that they compute.

    FILE is executed, as python would, but for what is under if __name__ == "__main__". Then
    each option is evaluated among its names; the file needs no edit. Its prints are kept back,
    its plots stay closed.

    \b
    a script that trains in a loop and computes its loss there:
      gradcheck run my_net.py
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
    the smallest net that is wrong, and which sizes make the difference:
      gradcheck run my_net.py --shrink "n=1..5, h=1..6, batch=1..8" \\
                --setup "net = MLP(n, h); X = np.random.randn(batch, n)" \\
                --loss "net.loss(X)" --params net --grads "net.backward(X)"
    without FILE or options, the checks of pyproject.toml:
      gradcheck run

    \b
    With FILE alone, the training loop of FILE is looked for and checked; where
    that cannot be done, it tells what FILE holds. --params, --grads: expressions
    with commas, each perhaps named, as in hidden.W=w1. CODE: statements with ;
    between them. @12-17 stands for these lines of FILE. np is NumPy.
    --shrink: names that --setup uses, and their ranges; sizes=[1..5]*2..4 is a
    list of two to four widths. Let --setup make the data, too: of every size.
    In pyproject.toml: [[tool.gradcheck.check]] with file, loss, params, grads ...

    \b
    Exit status: 0 agrees, 1 disagrees, 2 wrong usage, 3 inconclusive, 130 Ctrl-C;
    of several checks the worst: 1, then 2, then 3.
    """
    asked: dict[str, Any] = {
        "loss": loss,
        "params": params,
        "grads": grads,
        "step": step,
        "lr": lr,
        "setup": tuple(setup or ()),
        "select": tuple(select or ()),
        "main": main,
        "until": until,
        "turns": turns,
        "seed": seed,
        "entries": "all" if all_entries else "",
        "max_evaluations": max_evaluations,
        "shrink": shrink,
        "verbose": verbose,
    }
    # a seed of 0 was asked for, too
    given = {key: value for key, value in asked.items() if value or (key == "seed" and value == 0)}
    # all that is drawn with, imported before a user's folder is on the path
    from gradcheck.render.checks import draw_done
    from gradcheck.render.outlet import Outlet
    from gradcheck.render.progress import waiting
    from gradcheck.run import project
    from gradcheck.run.done import Done, Refused
    from gradcheck.run.perform import attempt

    with _refusing():
        outlet = Outlet(format, output)
        checks = project.asked(files or [], given, check or [], Path.cwd())
        ended: list[Done | Refused] = []
        interrupted = False
        for one in checks:
            try:
                with waiting(one.file.name) as progress:
                    found = attempt(one, progress)
            except KeyboardInterrupt:
                if not ended:
                    raise
                interrupted = True
                break
            several = len(checks) > 1 or len(found) > 1
            for done in found:
                if ended:
                    outlet.console.print()
                ended.append(done)
                if isinstance(done, Done):
                    draw_done(done, outlet.console, titled=several)
                    interrupted |= done.interrupted
                elif several:
                    told = _with_detail(done.problem)
                    named = told.startswith((f"{one.title}: ", f"{one.file.name}: "))
                    typer.echo(_wrapped(told if named else f"{one.title}: {told}"), err=True)
                else:
                    raise done.problem
            if interrupted:
                break
        verdict = worst(done.verdict for done in ended)
        outlet.finish(
            {"verdict": verdict, "status": STATUS[verdict], "checks": [d.facts for d in ended]},
            [done.report for done in ended if isinstance(done, Done)],
        )
    if interrupted:
        _say_interrupted()
    raise typer.Exit(INTERRUPTED if interrupted else STATUS[verdict])


@app.command()
def faults() -> None:
    """List the bugs that `gradcheck xor --fault NAME[@LAYER]` can plant.

    NAME@2 plants it at layer 2, NAME alone at a middle one of the layers that it fits.
    """
    _nets_beside()
    from rich.console import Console

    from gradcheck.render.listing import draw_listing
    from nets import CATALOGUE, KINDS

    rows = sorted(CATALOGUE.values(), key=lambda row: KINDS.index(row.kind))
    draw_listing(((row.kind, row.name, row.told) for row in rows), Console())


# The work behind `gradcheck xor`.


def _xor(
    session: Session,
    outlet: Outlet,
    command: str,
    lr: float,
    epochs: int,
    plot: Path | None,
    verbose: bool,
) -> int:
    """Check, train, check again, and say so; the exit status."""
    from gradcheck import Interrupted, check_gradients
    from gradcheck.render.page import headed
    from gradcheck.render.plot import loss_curves
    from gradcheck.render.terminal import draw

    console = outlet.console
    reports: list[Report] = []

    def check(params: Params) -> Report:
        data = session.inputs, session.targets
        report = check_gradients(
            lambda: session.net.loss(params, *data),
            params,
            lambda: session.gradients(params, *data),
            seed=session.seed,
            explain=False if reports else None,  # later checks only want the verdict
            details=verbose and not reports,
        )
        reports.append(report)
        return report

    facts: dict[str, Any] = {"command": command, "net": repr(session.net), "fault": session.fault}
    planted = f"{session.fault}: {session.sentence}" if session.fault else ""
    headed(console, "net", session.title)
    if planted:
        headed(console, "planted", planted)
        facts["planted"] = planted
    console.print()
    try:
        report = check(session.params)
    except (ValueError, TypeError) as problem:
        if not session.fault:
            raise
        # refused at the boundary, as a gradient of the wrong shape is
        headed(console, "refused", str(problem))
        outlet.finish(facts | {"verdict": "disagrees", "refused": str(problem)}, reports)
        return STATUS["disagrees"]
    except Interrupted as stop:
        draw(stop.report, console, table=True, again=command)
        outlet.finish(facts | json.loads(stop.report.to_json()), [stop.report])
        _say_interrupted()
        return INTERRUPTED
    draw(report, console, table=True, again=command, verbose=verbose)
    facts |= json.loads(report.to_json())
    begun: list[Training] = []
    interrupted = False
    if epochs:
        from gradcheck.render.training import draw_training, follow
        from nets.training import RIGHT, trainings

        twice = ", twice from the same start" if session.fault else ""
        console.print(f"\ntraining {epochs:,} epochs, learning rate {lr:g}{twice}")
        try:
            for training in trainings(session, lr, epochs):
                begun.append(training)
                under_test = training.name != RIGHT or not session.fault
                follow(training, training.run(check if under_test else None), console)
                draw_training(training, console, known=report.verdict == "disagrees")
        except KeyboardInterrupt:
            interrupted = True
            losses = [loss for training in begun for loss in training.losses]
            _say_interrupted(*(f" after {len(losses):,} epochs, loss {x:.3g}" for x in losses[-1:]))
        facts["training"] = [training.facts for training in begun]
    elif session.fault and report:
        console.print("\nThe fault does no damage at this start; train, to meet it on the way.")
    if plot is not None:
        loss_curves({t.name: t.losses for t in begun}, plot, title=session.title)
        headed(console, "drawn", str(plot))
    outlet.finish(facts, reports)
    return INTERRUPTED if interrupted else STATUS[worst(report.verdict for report in reports)]


# The rim: what the user typed, and the end.


def worst(verdicts: Iterable[str | None]) -> str | None:
    return min(verdicts, key=list(STATUS).index)


def _nets_beside() -> None:
    """Put the folder of this file first on the path: `nets` is ours, not one of the user."""
    from gradcheck.users import examine

    here = Path(__file__).resolve().parent
    examine(here / "nets", Path(__file__))  # installed, but looked into like a user's code
    if sys.path[0] != str(here):
        sys.path.insert(0, str(here))


def _command(options: Mapping[str, object]) -> str:
    """What to type, to repeat a check."""
    words = ["gradcheck", "xor"]
    for name, value in options.items():
        words += [f"--{name}", str(value)] if value is not None else []
    return shlex.join(words)


@contextmanager
def _refusing() -> Iterator[None]:
    """Misuse ends the command in words, Ctrl-C without a traceback."""
    from gradcheck.run.expression import Misuse

    try:
        yield
    except Misuse as problem:
        _refuse(_with_detail(problem))
    except KeyboardInterrupt:
        _say_interrupted()
        raise typer.Exit(INTERRUPTED) from None


def _with_detail(problem: Misuse) -> str:
    return f"{problem}\n{problem.detail}" if problem.detail else str(problem)


def _expect(holds: bool, who: str, expected: str, got: object, way_out: str) -> None:
    if not holds:
        _refuse(f"{who}: expected {expected}, got {got}. {way_out}")


def _refuse(message: str) -> NoReturn:
    typer.echo(_wrapped(message), err=True)
    raise typer.Exit(STATUS[None])


def _wrapped(message: str) -> str:
    """The first line, a sentence of ours, at 80 columns; what is shown below it as it is."""
    import textwrap

    first = "gradcheck: "
    said, *shown = message.split("\n")
    lines = textwrap.wrap(
        said,
        80,
        initial_indent=first,
        subsequent_indent=" " * len(first),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join([*lines, *shown])


def _unprinted(problem: OSError) -> int:
    """The exit status where what is printed cannot go on. Raises anything else."""
    closed = isinstance(problem, BrokenPipeError)
    if not closed and problem.errno not in FULL:
        raise problem
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # for what is left to print
    if closed:
        return CLOSED
    told = f"expected room for what is printed, got {problem.strerror}."
    typer.echo(_wrapped(f"standard output: {told} Use another disk."), err=True)
    return STATUS[None] or 0


def _say_interrupted(after: str = "") -> None:
    typer.echo(f"interrupted{after}", err=True)


if __name__ == "__main__":
    main()
