"""A module with `p`, `loss` and `grads` is searched for the wrong line: for the tests of blame."""

import linecache
import textwrap
import types

from gradcheck.blame import blame
from gradcheck.state import Snapshot
from gradcheck.tree import Parameter, Slot


def examine(module, **options):
    blocks = [Parameter(k, Slot(module.p, k), v, v) for k, v in module.p.items()]
    snapshot = Snapshot({"p": module.p, "loss": module.loss, "grads": module.grads})
    # the clock of a busy machine runs fast
    options = {"seconds": 60, **options}
    return blame(module.loss, module.grads, blocks, snapshot, **options)


def program(text, *changes, name="<blamed net>"):
    text = textwrap.dedent(text)
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    module = types.ModuleType("blamed_net")
    exec(compile(text, name, "exec"), module.__dict__)
    return module


def line_of(module, text, name="<blamed net>"):
    lines = linecache.getlines(name)
    return next(i for i, line in enumerate(lines, 1) if text in line)
