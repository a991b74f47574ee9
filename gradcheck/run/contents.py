"""What a file holds, told by kind, and the command line that its names suggest."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ..tree import leaves
from .wanted import Wanted

MOST = 10  # names of a kind
WIDTH = 80  # of what is listed
UNKNOWN = "..."
SQUARES = "np.mean(({} - y) ** 2)"  # the loss, where none has a name

LOSS = (
    *("loss", "cost", "error", "mse", "nll", "chi2", "objective", "criterion", "entropy", "misfit"),
    *("verlust", "kosten", "perte", "perdida", "pérdida", "perda", "perdita", "损失", "потер"),
)
BACKWARD = ("back", "grad")
GAIN = ("loglik", "log_lik", "likelihood", "elbo", "lower_bound", "reward")  # to be maximised
_OBJECTIVE = frozenset({"f", "fn", "fun", "func", "function", "phi", "energy", "value"})
FORWARD = ("forward", "predict", "feed", "propagat", "think", "call", "query")
STEP = ("train", "step", "update", "learn", "fit")
_HOLDER = ("param", "net", "model", "mlp", "nn", "weights", "layers", "theta")
_NET = ("net", "model", "mlp", "nn", "neural", "perceptron", "regression")
_DERIVES = re.compile(r"grad(ient)?s?|jac(obian)?|deriv(ative)?|prime|nabla|_of")
_OF_SAMPLES = "(?!class|sample|loss|importance)"  # no weights of these
WEIGHT = re.compile(
    rf"{_OF_SAMPLES}(\w+_)?([wb]|theta|weights?|bias(es)?|kernel)(_?\d+|_\w+)?", re.IGNORECASE
)


_AVERAGE = re.compile(r"(^|_)(running|moving|ema|avg|average|baseline)(_|\d|$)", re.IGNORECASE)


def is_average(name: str) -> bool:
    """Is it called an average of what came by? No loss trains it, though one may depend on it."""
    return bool(_AVERAGE.search(name))


def required(function: Callable[..., Any]) -> list[str]:
    """Names of the arguments that a call cannot leave out."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # built-in or compiled: no signature to read
        return []
    variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [p.name for p in parameters if p.default is p.empty and p.kind not in variable]


def contents(namespace: Mapping[str, Any], file: str, source: bytes) -> str:
    """The names that expressions can be made of."""
    lines = [f"  {file} holds"]
    for kind, names in _by_kind(defined(namespace, source)).items():
        if names:
            told = [_told(kind, name, namespace[name]) for name in names[:MOST]]
            more = f", and {len(names) - MOST} more" if len(names) > MOST else ""
            lines += textwrap.wrap(
                f"{', '.join(told)}{more}",
                WIDTH,
                initial_indent=f"    {kind:<9}  ",
                subsequent_indent=" " * 15,
                break_long_words=False,
            )
    return "\n".join(lines)


def defined(namespace: Mapping[str, Any], source: bytes) -> dict[str, Any]:
    """What the file itself defines, not what it imports, as from numpy import *."""
    tree = ast.parse(source)
    named = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    names = {node.name for node in tree.body if isinstance(node, named)}
    names |= set(_assigned([node for node in tree.body if not isinstance(node, named)]))
    strange = (types.ModuleType, str, bytes, type(None))
    return {
        name: value
        for name, value in namespace.items()
        if name in names and not name.startswith("__") and not isinstance(value, strange)
    }


def _by_kind(names: Mapping[str, Any]) -> dict[str, list[str]]:
    kinds: dict[str, list[str]] = {
        kind: [] for kind in ("functions", "classes", "objects", "arrays", "numbers")
    }
    for name, value in names.items():
        if inspect.isfunction(value):
            kinds["functions"].append(name)
        elif inspect.isclass(value):
            kinds["classes"].append(name)
        elif isinstance(value, np.ndarray):
            kinds["arrays"].append(name)
        elif isinstance(value, (int, float)):
            kinds["numbers"].append(name)
        else:
            kinds["objects"].append(name)
    return kinds


def _told(kind: str, name: str, value: Any) -> str:
    if kind in ("functions", "classes"):
        return _call(name, value)
    if kind == "arrays":
        return f"{name} {value.shape}"
    return f"{name} = {value:g}" if kind == "numbers" else f"{name}: {type(value).__name__}"


# -- a guess ---------------------------------------------------------------------------------------


def guess(
    wanted: Wanted, namespace: Mapping[str, Any], source: bytes, plan: Wanted | None = None
) -> Wanted:
    """The check that the names suggest; what cannot be guessed is ... in it.

    plan   what a training loop of the file tells
    """
    kinds = _by_kind(defined(namespace, source))
    functions = {name: namespace[name] for name in kinds["functions"]}
    setup = ""
    holders = [n for n in kinds["objects"] if any(word in n.lower() for word in _HOLDER)]
    weights = [n for n in kinds["arrays"] if WEIGHT.fullmatch(n)]
    classes = [n for n in kinds["classes"] if _methods(namespace[n], (*FORWARD, *LOSS))]
    nets = [n for n in classes if any(word in n.lower() for word in _NET)]
    classes = nets or (classes if len(classes) == 1 else [])  # else they are layers
    params = ", ".join(holders[:1] or weights) or UNKNOWN
    methods: dict[str, Callable[..., Any]] = {}
    if not holders and not weights and classes:
        setup, params = f"net = {_call(classes[-1], namespace[classes[-1]])}", "net"
        methods = {f"net.{n}": m for n, m in _methods(namespace[classes[-1]], ("",)).items()}
    elif holders and inspect.isclass(type(namespace[holders[0]])):
        bound = _methods(type(namespace[holders[0]]), ("",))
        own = type(namespace[holders[0]]).__module__ == namespace["__name__"]
        methods = {f"{holders[0]}.{n}": m for n, m in bound.items()} if own else {}
    calls = methods | functions
    loss = _first(calls, LOSS, but=(*BACKWARD, "prime", "deriv"))
    if not loss and (forward := _first(calls, FORWARD, but=BACKWARD)):
        loss = SQUARES.format(forward)
    backward, step = _first(calls, BACKWARD), _first(calls, STEP)
    more = _results(source, loss)[1:]
    if more and not backward:  # the loss and its gradients at once
        held = [leaf.path[-1] for n in holders[:1] for leaf in leaves(namespace[n]) if leaf.path]
        named = held or kinds["arrays"]
        own = [(i, n) for n in named for i, g in enumerate(more, 1) if is_of(g, n)]
        ends = [i for i, _ in own]
        params = params if held else ", ".join(name for _, name in sorted(own)) or params
        backward = f"{loss}[{min(ends)}:{max(ends) + 1}]" if own else f"{loss}[1]"
    if more:
        loss = f"{loss}[0]"
    if plan is not None and (holders or not setup) and not (backward or step):
        return replace(plan, grads="", lr=plan.lr or UNKNOWN)
    lines = (*wanted.setup, setup) if setup else wanted.setup
    found = replace(wanted, grads="", step="", lr="", setup=lines)
    found = replace(found, loss=loss or UNKNOWN, params=params)
    if backward or not step:
        return replace(found, grads=backward or UNKNOWN)
    return replace(found, step=step, lr=UNKNOWN)


def suggestion(guessed: Wanted) -> str:
    """A command line to begin with."""
    words = [f'--setup "{text}"' for text in guessed.setup]
    words += [f'--loss "{guessed.loss}"', f'--params "{guessed.params}"']
    if guessed.grads:
        words.append(f'--grads "{guessed.grads}"')
    else:
        words.append(f'--step "{guessed.step}" --lr {guessed.lr}')
    if guessed.until:
        turns = f" --turns {guessed.turns}" if guessed.turns else ""
        words.append(f"--until {guessed.until}{turns}" + " --main" * guessed.main)
    lines = "".join(f" \\\n        {word}" for word in words)
    return f"  something like\n    gradcheck run {guessed.file.name}{lines}"


def _results(source: bytes, call: str) -> list[str]:
    """What the function of the file that is called returns, where that is more than one thing."""
    name = call.partition("(")[0].rpartition(".")[2]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and node.name == name:
            last = [n.value for n in ast.walk(node) if isinstance(n, ast.Return)][-1:]
            if last and isinstance(last[0], ast.Tuple):
                return [ast.unparse(part) for part in last[0].elts]
    return [""]


def is_of(gradient: str, name: str) -> bool:
    """Is this what the gradient of a parameter of that name is called?"""
    before = {f"d{name}", f"d_{name}", f"D_{name}", f"g{name}", f"grad_{name}", f"grad{name}"}
    return gradient in {*before, f"{name}_grad"}


def is_gradient(name: str) -> bool:
    """Is this what the gradient is called, where there is one?"""
    return name.lower() in ("g", "score", "jac") or any(w in name.lower() for w in ("grad", "abla"))


def is_gradient_of(slope: str, value: str) -> bool:
    """Is a function called as the gradient of another is: df of f, rosen_grad of rosenbrock?"""
    if is_of(slope, value):
        return True
    low, of = slope.lower(), value.lower()
    stem = _DERIVES.sub("", low).strip("_")
    derives = stem != low or is_gradient(low)
    known = of in _OBJECTIVE or any(word in of for word in (*LOSS, *GAIN))
    begins = len(stem) > 1 and of.startswith(stem) and of[len(stem) :][:1] != "_"  # no verb
    return derives and (known or begins)


def _assigned(nodes: list[ast.stmt]) -> list[str]:
    inner = (node for top in nodes for node in ast.walk(top))
    stored = (n.id for n in inner if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
    return list(dict.fromkeys(stored))


def _first(
    functions: Mapping[str, Callable[..., Any]], words: tuple[str, ...], but: tuple[str, ...] = ()
) -> str:
    for name, function in functions.items():
        low = name.rpartition(".")[2].lower()
        if any(word in low for word in words) and not any(word in low for word in but):
            return _call(name, function, bound="." in name)
    return ""


def _methods(cls: type, words: tuple[str, ...]) -> dict[str, Callable[..., Any]]:
    return {
        name: value
        for name, value in vars(cls).items()
        if inspect.isfunction(value)
        and not name.startswith("__")
        and any(word in name.lower() for word in words)
    }


def same_arguments(
    call: ast.Call, held: Any, functions: Mapping[str, Any], words: tuple[str, ...]
) -> Iterator[str]:
    """Calls of what has such a name, with the arguments of a call that are called as its own.

    Or with as many of the first as it needs.

    held        whose method is called; then another of its methods is asked for
    functions   of the file
    """
    given = [ast.unparse(arg) for arg in call.args if not isinstance(arg, ast.Starred)]
    if isinstance(call.func, ast.Attribute):
        owner, known, own = ast.unparse(call.func.value), _methods(type(held), words), 1
        called = getattr(type(held), call.func.attr, None)
    else:
        owner, own = "", 0
        known = {n: f for n, f in functions.items() if any(word in n.lower() for word in words)}
        called = functions.get(call.func.id) if isinstance(call.func, ast.Name) else None
    names = required(called)[own:] if inspect.isfunction(called) else []
    by_name = dict(zip(names, given, strict=False))
    for name, function in known.items():
        if not inspect.isfunction(function):
            continue
        needed = required(function)[own:]
        if needed and by_name.keys() >= {*needed}:
            yield f"{owner}{'.' * own}{name}({', '.join(by_name[n] for n in needed)})"
        elif 0 < len(needed) <= len(given):
            yield f"{owner}{'.' * own}{name}({', '.join(given[: len(needed)])})"


def forwards(held: Any) -> list[str]:
    """The methods of an object that compute its output from one input, by their names."""
    methods = _methods(type(held), FORWARD)
    return [name for name, method in methods.items() if len(required(method)) == 2]


def _call(name: str, function: Callable[..., Any], *, bound: bool = False) -> str:
    return f"{name}({', '.join(required(function)[bound:])})"
