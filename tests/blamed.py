"""A module with `p`, `loss` and `grads` is searched for the wrong line: for the tests of blame."""

from gradcheck.blame import blame
from gradcheck.state import Snapshot
from gradcheck.tree import Parameter, Slot


def examine(module, **options):
    blocks = [Parameter(k, Slot(module.p, k), v, v) for k, v in module.p.items()]
    snapshot = Snapshot({"p": module.p, "loss": module.loss, "grads": module.grads})
    # the clock of a busy machine runs fast
    options = {"seconds": 60, **options}
    return blame(module.loss, module.grads, blocks, snapshot, **options)
