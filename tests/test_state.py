"""Whatever happens, everything is put back bit for bit; and a loss that changes things is named."""

import array
import collections
import contextlib
import io
import linecache
import random
import signal
import sys
import time
import types
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from strategies import Meter, Problem, small_problems

import gradcheck
from gradcheck import check_gradients, records
from gradcheck.report import Interrupted
from gradcheck.signals import Signals
from gradcheck.state import Snapshot
from nets.mlp import MLP

legacy = np.random  # the global generator is what many users draw from

# --- A fingerprint of everything that a user could miss ----------------------------------------


def fingerprint(*roots):
    """Values to the bit, dtypes, flags, strides, addresses; and who holds whom (by identity)."""
    state = np.random.get_state()  # noqa: NPY002
    return (
        [_print(root) for root in roots],
        (state[0], state[1].tobytes(), state[2:]),
        random.getstate(),
    )


def _print(value):
    if isinstance(value, np.ndarray):
        address = value.__array_interface__["data"][0]
        flags = str(value.flags)
        return id(value), value.dtype, value.shape, value.strides, flags, address, value.tobytes()
    if isinstance(value, dict):
        return id(value), [(key, _print(item)) for key, item in value.items()]
    if isinstance(value, (list, tuple, collections.deque)):
        return id(value), [_print(item) for item in value]
    if isinstance(value, (np.random.Generator, np.random.RandomState)):
        bits = getattr(value, "bit_generator", value)
        state = getattr(bits, "state", None) or bits.get_state()
        return id(value), repr(state)
    if isinstance(value, float):
        return id(value), value.hex()
    if hasattr(value, "__dict__"):
        return id(value), type(value), _print(vars(value))
    return id(value), repr(value)


class Layer:
    def __init__(self, W, b):
        self.W, self.b = W, b
        self.cache = None


def weights(dtype=float):
    W = np.array([[1.5, -0.0, 2.0], [0.25, -3.0, 0.0]], dtype)
    return W, np.array([-0.0, 1.0], dtype)


def total(values) -> float:
    return float(sum((np.asarray(v, float) ** 2).sum() for v in values))


def as_dict(dtype):
    W, b = weights(dtype)
    nest = {"W": W, "b": b}
    return nest, lambda: total(nest.values()), lambda: {"W": 2 * nest["W"], "b": 2 * nest["b"]}


def as_list(dtype):
    nest = list(weights(dtype))
    return nest, lambda: total(nest), lambda: [2 * v for v in nest]


def as_tuple(dtype):
    nest = weights(dtype)
    return nest, lambda p: total(p), lambda p: tuple(2 * v for v in p)


def as_nested(dtype):
    W, b = weights(dtype)
    nest = [{"layer": (W, [b])}]
    read = lambda p: (p[0]["layer"][0], p[0]["layer"][1][0])

    def grads(p):
        W, b = read(p)
        return [{"layer": (2 * W, [2 * b])}]

    return nest, lambda p: total(read(p)), grads


def as_object(dtype):
    layer = Layer(*weights(dtype))
    return layer, lambda: total((layer.W, layer.b)), lambda: {"W": 2 * layer.W, "b": 2 * layer.b}


def as_array(dtype):
    W, _ = weights(dtype)
    return W, lambda p: total((p,)), lambda p: 2 * p


def as_view(dtype):
    buffer = np.zeros((7, 9), dtype)
    view = buffer[1:5:2, 7:1:-2]
    view[...] = weights(dtype)[0]
    nest = {"view": view, "order": np.asfortranarray(weights(dtype)[0])}
    return nest, lambda p: total(p.values()), lambda p: {k: 2 * v for k, v in p.items()}


def as_read_only(dtype):
    W, b = weights(dtype)
    W.flags.writeable = False
    nest = {"W": W, "b": b}
    return nest, lambda: total(nest.values()), lambda: {"W": 2 * nest["W"], "b": 2 * nest["b"]}


def as_floats(_):
    nest = {"w": 1.5, "zero": -0.0, "deep": [0.25]}
    read = lambda p: (p["w"], p["zero"], p["deep"][0])
    grads = lambda p: {"w": 2 * p["w"], "zero": 2 * p["zero"], "deep": [2 * p["deep"][0]]}
    return nest, lambda p: total(read(p)), grads


def as_list_of_floats(_):
    nest = [[1.5, -0.0], [0.25, 3.0]]
    return nest, lambda: total([nest]), lambda: [[2 * v for v in row] for row in nest]


CONTAINERS = pytest.mark.parametrize(
    "make",
    [
        as_dict,
        as_list,
        as_tuple,
        as_nested,
        as_object,
        as_array,
        as_view,
        as_read_only,
        as_floats,
        as_list_of_floats,
    ],
    ids=lambda make: make.__name__,
)
DTYPES = pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])


def call(function, nest):
    return function(nest) if function.__code__.co_argcount else function()


@CONTAINERS
@DTYPES
@pytest.mark.parametrize("wrong", [False, True], ids=["right", "wrong"])
def test_everything_is_as_it_was_after_a_check(make, dtype, wrong):
    nest, loss, right = make(dtype)
    grads = call(right, nest)
    function = lambda p: call(right, p)
    if wrong:
        grads, function = negated(grads), lambda p: negated(call(right, p))
    for given_as in (grads, function):
        for options in ({}, {"entries": "all"}, {"overall": True}):
            before = fingerprint(nest, grads)
            report = check_gradients(loss, nest, given_as, **options)
            assert fingerprint(nest, grads) == before
            assert report.verdict == ("disagrees" if wrong else "agrees")


def negated(nest):
    if isinstance(nest, dict):
        return {key: negated(item) for key, item in nest.items()}
    if isinstance(nest, (list, tuple)):
        return type(nest)(negated(item) for item in nest)
    return -nest


class Alarm(BaseException):
    """What a signal handler of the user may raise."""


@CONTAINERS
@DTYPES
@pytest.mark.parametrize(
    "error",
    [KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError, Alarm],
)
def test_everything_is_as_it_was_after_an_error_at_any_evaluation(make, dtype, error):
    nest, loss, grads = make(dtype)
    whole = Meter()
    check_gradients(metered(whole, loss), nest, grads)
    assert whole.calls > 30
    before = fingerprint(nest)
    every = 1 if error is KeyboardInterrupt else 7
    for k in range(1, whole.calls + 1, every):
        with pytest.raises(error, match="planted"):
            check_gradients(metered(Meter(k, error), loss), nest, grads)
        assert fingerprint(nest) == before, k


def metered(meter, loss):
    """The metered loss takes the params just when the loss does."""
    inner = meter(loss)
    return (lambda p: inner(p)) if loss.__code__.co_argcount else (lambda: inner())


def on_lines(act):
    """A trace function that calls act at every line run inside gradcheck.

    But for the first statement of a finally, before which Python looks for no signal: see Signals.
    """
    folder = str(Path(gradcheck.__file__).parent)

    def on_line(frame, event, _):
        line = linecache.getline(frame.f_code.co_filename, frame.f_lineno)
        if event == "line" and not line.strip().startswith("signals.held = True"):
            act()
        return on_line

    return lambda frame, event, _: on_line if frame.f_code.co_filename.startswith(folder) else None


@contextlib.contextmanager
def traced(act):
    before = sys.gettrace()
    sys.settrace(on_lines(act))
    try:
        yield
    finally:
        sys.settrace(before)


def lines_of_a_check(*arguments):
    count = [0]

    def act():
        count[0] += 1

    with traced(act):
        check_gradients(*arguments)
    return count[0]


@pytest.mark.parametrize("make", [as_dict, as_list_of_floats, as_tuple])
def test_ctrl_c_at_any_line_of_the_checker(make):
    nest, loss, grads = make(np.float32)
    total_lines = lines_of_a_check(loss, nest, grads)
    lost = []
    # many of the last lines, where things are put back; a sample of those before
    moments = [*range(1, total_lines, 397), *range(total_lines - 250, total_lines + 1, 7)]
    for n in moments:
        nest, loss, grads = make(np.float32)
        before = fingerprint(nest), np.geterr(), signal.getsignal(signal.SIGINT)
        lines = iter(range(1, 10**9)).__next__

        def act(lines=lines, n=n):
            if lines() == n:
                signal.raise_signal(signal.SIGINT)

        with contextlib.suppress(KeyboardInterrupt), traced(act):
            check_gradients(loss, nest, grads)
        if (fingerprint(nest), np.geterr(), signal.getsignal(signal.SIGINT)) != before:
            lost.append(n)
    assert not lost, (total_lines, lost)


@contextlib.contextmanager
def key_held_down():
    """Ctrl-C again and again once `press` is called; it hits the check, not the test.

    The signals come from a timer of the system: a thread could be left hanging by what it hits.
    """
    inside = check_gradients.__code__
    hits, live = [], [True]

    def handler(number, frame):
        while frame is not None and frame.f_code is not inside:
            frame = frame.f_back
        if live:
            press()  # the next one, not before this one is through
        if frame is not None:
            hits.append(1)
            raise KeyboardInterrupt

    def press():
        signal.setitimer(signal.ITIMER_REAL, 2e-5)

    # hit in a __del__ or a weakref's callback, Python cannot raise: that press is lost, no failure
    # (a hook in C, since one in Python could itself be hit)
    unraisable, swallowed = sys.unraisablehook, []
    sys.unraisablehook = swallowed.append
    before = signal.signal(signal.SIGALRM, handler)
    try:
        yield press, hits
    finally:
        live.clear()
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        sys.unraisablehook = unraisable


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs the timers of POSIX")
@pytest.mark.parametrize("make", [as_dict, as_list_of_floats, as_tuple, as_object])
def test_leaning_on_ctrl_c_does_not_stop_the_putting_back(make):
    lost, hit = [], 0
    for k in (1, 2, 12, 21, 30):
        for _ in range(4):
            nest, loss, grads = make(np.float32)
            calls = iter(range(1, 10**9)).__next__
            before = fingerprint(nest)
            with key_held_down() as (press, hits):

                def until(p=None, k=k, calls=calls, press=press, loss=loss):
                    if calls() >= k:
                        press()
                        time.sleep(5)  # until it is hit
                    return call(loss, p)

                with contextlib.suppress(KeyboardInterrupt):
                    check_gradients((lambda p: until(p)) if needs(loss) else until, nest, grads)
                after = fingerprint(nest)
            lost += [k] * (after != before)
            hit += len(hits) > 0
    assert hit >= 20
    assert not lost


def needs(function):
    return function.__code__.co_argcount


def test_signals_of_the_program_wait_and_come_after():
    """A time limit by SIGALRM, a SIGTERM that exits: what raises from a handler waits, too."""
    seen = []
    before = signal.signal(signal.SIGTERM, lambda number, _: seen.append(number))
    try:
        with Signals() as signals:
            signal.raise_signal(signal.SIGTERM)
            assert seen == [signal.SIGTERM]
            signals.held = True
            signal.raise_signal(signal.SIGTERM)
            assert seen == [signal.SIGTERM]
        assert seen == [signal.SIGTERM] * 2
        with Signals(), Signals() as inner:  # a check inside of a check
            inner.held = True
            signal.raise_signal(signal.SIGTERM)
        assert seen == [signal.SIGTERM] * 3
        with Signals():
            mine = lambda number, _: None
            signal.signal(signal.SIGTERM, mine)  # put by the user's loss: it stays
        assert signal.getsignal(signal.SIGTERM) is mine
    finally:
        signal.signal(signal.SIGTERM, before)


def test_an_interrupt_carries_the_report_so_far():
    nest, loss, grads = as_dict(float)
    whole = Meter()
    check_gradients(metered(whole, loss), nest, grads)
    with pytest.raises(Interrupted) as caught:
        check_gradients(metered(Meter(whole.calls - 8, KeyboardInterrupt), loss), nest, grads)
    report = caught.value.report
    assert {block.verdict for block in report} == {"agrees", "inconclusive"}
    assert [b.reason for b in report if b.verdict == "inconclusive"] == ["interrupted"]
    assert report.verdict == "inconclusive"
    assert any("Interrupted after" in note for note in report.notes)
    with pytest.raises(KeyboardInterrupt) as early:  # before there is anything to tell
        check_gradients(metered(Meter(1, KeyboardInterrupt), loss), nest, grads)
    assert not isinstance(early.value, Interrupted)


def test_what_refuses_does_not_keep_the_rest_from_being_put_back():
    class Slotted:
        __slots__ = ("refuses", "w")

        def __setattr__(self, name, value):
            if getattr(self, "refuses", False):
                raise RuntimeError("planted")
            object.__setattr__(self, name, value)

    first, last = Slotted(), {"v": np.ones(3)}
    first.w, first.refuses = np.ones(2), False
    snapshot = Snapshot({"first": first, "last": last})
    first.w = np.zeros(2)
    last["v"] += 1
    object.__setattr__(first, "refuses", True)
    with pytest.raises(RuntimeError, match="planted"):
        snapshot.restore()
    np.testing.assert_array_equal(last["v"], 1)


def test_comparing_out_of_memory_puts_back_all_the_same(monkeypatch):
    held = {"v": np.ones(3)}
    snapshot = Snapshot({"held": held})
    held["v"] += 1
    monkeypatch.setattr(records, "same_bits", out_of_memory)
    snapshot.restore()
    np.testing.assert_array_equal(held["v"], 1)


def out_of_memory(*_):
    raise MemoryError


def test_an_array_reshaped_or_reinterpreted_in_place_is_put_back():
    for change in (
        lambda w: setattr(w, "shape", (6,)),
        lambda w: setattr(w, "dtype", np.int64),
        lambda w: setattr(w, "shape", (3, 2)) or setattr(w, "dtype", np.uint8),
    ):
        w = np.arange(6.0).reshape(2, 3)
        before = fingerprint(w)
        snapshot = Snapshot({"w": w})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            change(w)
        assert snapshot.changed()
        snapshot.restore()
        assert fingerprint(w) == before


def test_an_error_in_the_gradients_puts_everything_back():
    for k in (1, 2, 3, 4):
        nest, loss, right = as_dict(float)
        calls = iter(range(1, 100)).__next__

        def grads(calls=calls, k=k, right=right, nest=nest):
            nest["W"] += 1
            nest["extra"] = np.ones(1)
            if calls() == k:
                raise RuntimeError("planted")
            nest["W"] -= 1
            return right()

        before = fingerprint(nest)
        with contextlib.suppress(RuntimeError, ValueError):
            check_gradients(loss, nest, grads)
        assert fingerprint(nest) == before


@given(small_problems)
@settings(max_examples=40)
def test_nets_are_put_back(problem: Problem):
    data = (problem.params, problem.X, problem.T)
    before = fingerprint(*data)
    check_gradients(problem.loss, problem.params, problem.gradients)
    assert fingerprint(*data) == before


def test_the_global_random_states_are_neither_read_nor_moved():
    w = np.array([1.0, 2.0])
    np.random.seed(3)  # noqa: NPY002
    random.seed(3)
    reports = []
    for _ in range(2):
        before = fingerprint()
        reports.append(check_gradients(lambda: float(w @ w), w, w))
        assert fingerprint() == before
        np.random.rand(5)  # noqa: NPY002
        random.random()
    assert reports[0] == reports[1]


def test_rebinding_and_momentum_are_undone():
    """A backward pass that trains: it rebinds, fills caches, counts, grows lists."""
    net = Layer(*weights())
    state = {"steps": 0, "history": [], "momentum": np.zeros((2, 3)), "best": None}
    recent = collections.deque([1, 2], maxlen=3)

    def loss():
        net.cache = net.W * 2
        state["history"].append(1)
        recent.append(state["steps"])
        return total((net.W, net.b))

    def grads():
        state["steps"] += 1
        state["momentum"] += net.W
        state["best"] = state["momentum"]
        result = {"W": 2 * net.W, "b": 2 * net.b}
        net.W = net.W - 0.1 * result["W"]
        net.b -= 0.1 * result["b"]
        del state["history"][:1]
        return result

    before = fingerprint(vars(net), state, recent)
    check_gradients(loss, net, grads, select=["W", "b"])
    assert fingerprint(vars(net), state, recent) == before


# --- Snapshot itself ------------------------------------------------------------------------------


def test_a_snapshot_names_what_changed():
    inner = Layer(*weights())
    root = {"layers": [inner], "seen": {1}, "n": 1, "late": None}
    snapshot = Snapshot({"": root})
    assert snapshot.changed() == []
    inner.W[0, 1] = 0.0  # was -0.0
    assert any("W" in path for path in snapshot.changed())
    root["seen"].add(2)
    root["n"] = 2
    del root["late"]
    root["new"] = 1
    root["layers"].append(3)
    inner.b = inner.b.copy()
    inner.other = 1
    np.random.rand()  # noqa: NPY002
    random.random()
    before_random = "global random generator"
    assert sum(before_random in path for path in snapshot.changed()) == 2
    snapshot.restore()
    assert snapshot.changed() == []
    assert list(root) == ["layers", "seen", "n", "late"]
    assert root["seen"] == {1}
    assert root["layers"] == [inner]
    assert not hasattr(inner, "other")
    assert np.signbit(inner.W[0, 1])


def test_a_snapshot_follows_closures_globals_and_cycles():
    kept = np.ones(2)
    ring: dict = {}
    ring["self"] = ring

    def inner():
        kept[:] += 1
        ring["more"] = 1

    def outer():
        nonlocal kept
        inner()
        kept = kept + 1

    snapshot = Snapshot({"f": outer})
    first = kept
    outer()
    assert kept is not first
    snapshot.restore()
    assert kept is first
    np.testing.assert_array_equal(kept, 1)
    assert list(ring) == ["self"]


@pytest.mark.parametrize(
    "generator",
    [
        np.random.default_rng(0),
        np.random.Generator(np.random.MT19937(1)),
        np.random.RandomState(2),
        random.Random(3),
    ],
    ids=lambda g: type(g).__name__,
)
def test_a_snapshot_puts_random_generators_back(generator):
    draw = generator.random if hasattr(generator, "random") else generator.random_sample
    snapshot = Snapshot({"g": {"rng": generator}})
    first = [draw() for _ in range(700)]
    snapshot.restore(only_random=True)
    assert [draw() for _ in range(700)] == first


# --- A loss that changes things is named before any gradient -----------------------------

W = np.array([1.0, 2.0, 3.0])
X = np.random.default_rng(5).normal(size=(8, 3))


def kinds(report):
    return [finding.kind for finding in report.findings]


def sentence(report):
    (finding,) = report.findings
    return finding.sentence


def dropout(draw):
    """Right loss and gradient with a mask from draw(); the gradient uses the mask of its loss."""
    memory = {}

    def loss():
        memory["mask"] = np.asarray(draw()) < 0.7
        return float(((X * memory["mask"] * W) ** 2).sum())

    def grads():
        return 2 * W * ((X * memory["mask"]) ** 2).sum(axis=0)

    return loss, grads


@pytest.mark.parametrize("fault", [1.0, 1.2])
def test_draws_that_do_not_show_at_weights_of_zero_are_drawn_alike(fault):
    """Whatever is dropped, the loss is one there; elsewhere loss and gradients see one mask."""
    W, draws = np.zeros((3, 2)), np.random.default_rng(1)

    def masked():
        return X * (draws.random(X.shape) > 0.3)

    def loss():
        return float(np.sum((masked() @ W - 1.0) ** 2))

    def grads():
        x = masked()
        return fault * 2 * x.T @ (x @ W - 1.0)

    assert loss() == loss()
    report = check_gradients(loss, W, grads)
    assert report.verdict == ("agrees" if fault == 1.0 else "disagrees")
    if fault != 1.0:
        assert report.blocks[0].ratio == pytest.approx(fault)


@pytest.mark.parametrize("source", ["numpy", "python", "generator", "RandomState", "Random"])
def test_random_dropout_is_named_and_its_right_gradient_agrees(source):
    generator, old, own = np.random.default_rng(1), np.random.RandomState(1), random.Random(1)
    draws = {
        "numpy": (lambda: legacy.rand(8, 3), "NumPy's global random generator"),
        "python": (
            lambda: [[random.random() for _ in range(3)] for _ in range(8)],
            "Python's global random generator",
        ),
        "generator": (lambda: generator.random((8, 3)), "generator"),
        "RandomState": (lambda: old.rand(8, 3), "old"),
        "Random": (lambda: [[own.random() for _ in range(3)] for _ in range(8)], "own"),
    }
    draw, name = draws[source]
    loss, grads = dropout(draw)
    before = fingerprint(W, generator, old)
    report = check_gradients(loss, W, grads)
    assert fingerprint(W, generator, old) == before
    assert kinds(report) == ["state"]
    assert "Each call changes" in sentence(report)
    assert name in sentence(report)
    assert report.verdict == "agrees"
    report = check_gradients(loss, W, lambda: 1.5 * grads())
    assert report.verdict == "disagrees"
    assert kinds(report)[0] == "state"


def test_a_counter_that_enters_the_loss_is_named():
    count = {"n": 0}

    def loss():
        count["n"] += 1
        return float(W @ W) + 0.1 * count["n"]

    report = check_gradients(loss, W, 2 * W)
    assert kinds(report) == ["state"]
    assert "Each call changes" in sentence(report)
    assert report.verdict == "agrees"
    assert count == {"n": 0}


def test_a_counter_that_does_not_enter_the_loss_is_nobody_s_business():
    count = {"n": 0, "history": []}

    def loss():
        count["n"] += 1
        count["history"].append(count["n"])
        return float(W @ W)

    report = check_gradients(loss, W, 2 * W)
    assert report.verdict == "agrees"
    assert not report.findings
    assert count == {"n": 0, "history": []}


def test_running_means_of_a_batch_norm_are_named_and_held():
    """In training mode the batch mean is used, but it is mixed into a running mean that is, too."""
    norm = types.SimpleNamespace(mean=np.zeros(3))
    targets = np.ones((8, 3))

    def forward():
        Z = X * W
        norm.mean = 0.9 * norm.mean + 0.1 * Z.mean(axis=0)
        return Z - norm.mean

    def loss():
        return float(((forward() - targets) ** 2).sum())

    def grads():
        start = norm.mean
        error = 2 * (forward() - targets)
        norm.mean = start
        return (error * (X - 0.1 * X.mean(axis=0))).sum(axis=0)

    report = check_gradients(loss, W, grads())
    norm.mean = np.zeros(3)
    report = check_gradients(loss, W, grads())
    assert kinds(report) == ["state"]
    assert "norm" in sentence(report) or "mean" in sentence(report)
    assert report.verdict == "agrees"
    np.testing.assert_array_equal(norm.mean, 0)


def test_noise_that_nothing_can_put_back_is_never_held_against_the_gradient():
    noise = iter(np.random.default_rng(0).normal(size=10_000).tolist()).__next__
    for size in (1e-12, 1e-9, 1e-6, 1e-3):
        report = check_gradients(lambda s=size: float(W @ W) * (1 + s * noise()), W, 2 * W)
        assert report.verdict != "disagrees", size
        assert kinds(report)[:1] == ["state"]
        assert "Fix its random seed before each call." in report.findings[0].sentence
    report = check_gradients(lambda: float(W @ W) + 1e-9 * noise(), W, -2 * W)
    assert report.verdict == "disagrees"


@pytest.mark.parametrize("size", [1e-4, 1e-2])
def test_noise_that_can_be_put_back_is_not_held_against_a_given_gradient(size):
    """The gradient was computed for another draw than the one that the check repeats."""
    generator = np.random.default_rng(0)
    loss = lambda: float(W @ W) * (1 + size * generator.normal())
    report = check_gradients(loss, W, 2 * W)
    assert kinds(report) == ["state"]
    assert report.verdict != "disagrees"


def writes_into(params):
    def loss():
        value = float(params["w"] @ params["w"])
        params["w"] *= 1.0001
        return value

    return loss


@pytest.mark.parametrize(
    "factor",
    [
        2.0,
        -2.0,
    ],
)
def test_a_loss_that_writes_into_its_parameters_is_named(factor):
    params = {"w": np.array([1.0, 2.0, 3.0])}
    before = fingerprint(params)
    report = check_gradients(writes_into(params), params, {"w": factor * params["w"]})
    assert fingerprint(params) == before
    assert kinds(report)[-1] == "state"
    assert "The loss writes into the parameters: w." in report.findings[-1].sentence
    if factor > 0:
        assert report.verdict != "disagrees"
    else:
        assert report.verdict == "disagrees"


def test_a_loss_that_writes_into_its_data_is_named():
    problem = Problem.at(MLP((2, 3, 1), "tanh"), 4, 0)

    def loss():
        problem.X += 0.01
        return problem.loss()

    before = fingerprint(problem.X)
    report = check_gradients(loss, problem.params, problem.gradients())
    assert fingerprint(problem.X) == before
    assert kinds(report)[0] == "state"
    assert "X" in report.findings[0].sentence


class Base:
    __slots__ = ("kept", "made")


class Derived(Base):
    """`made` is no slot any more: it is made anew at every look, and cannot be set."""

    __slots__ = ()
    made = property(lambda self: str([self.kept]))


def test_a_slot_that_a_property_hides_is_not_put_back():
    thing = Derived()
    thing.kept = 1
    snapshot = Snapshot({"thing": thing})
    thing.kept = 2
    snapshot.restore()
    assert thing.kept == 1


class Reached:
    """What stands somewhere, and moves on with every call of the loss."""

    def __init__(self):
        batches = [np.full(3, float(i)) for i in range(100)]
        self.W, self.batches, self.back = np.ones(3), iter(batches), reversed(batches)
        self.pairs = zip(iter(batches), iter("abc" * 50), strict=False)
        self.squares = map(np.square, iter(tuple(batches)))
        self.counts, self.bytes = array.array("l", [0]), array.array("d")
        self.log, self.raw = io.StringIO("begin"), io.BytesIO()
        self.rng = np.random.default_rng(3)

    def loss(self):
        self.log.write("x")
        self.raw.write(b"x")
        self.counts[0] += 1
        self.bytes.append(2.0)
        self.rng.spawn(1)
        Reached.loss.calls = getattr(Reached.loss, "calls", 0) + 1
        return float(self.W @ self.W)

    def drawn(self):
        """What comes next of each; that moves on, too."""
        return [next(each) for each in (self.batches, self.back, self.pairs, self.squares)]

    def state(self):
        kept = self.counts.tolist(), self.bytes.tolist(), self.log.getvalue(), self.log.tell()
        seeds = self.rng.bit_generator.seed_seq.n_children_spawned
        return (*kept, self.raw.getvalue(), seeds, getattr(Reached.loss, "calls", None))


def test_what_counts_logs_and_iterates_is_put_back():
    net, fresh = Reached(), Reached()
    before = net.state()

    def loss():
        net.drawn()
        return net.loss()

    assert check_gradients(loss, net.W, lambda: 2 * net.W)
    assert net.state() == before
    assert repr(net.drawn()) == repr(fresh.drawn())
    assert repr(net.drawn()) == repr(fresh.drawn())


def test_batches_of_an_iterator_are_drawn_again():
    """The loss is repeatable with the iterator put back before every call."""
    W = np.ones(3)
    batches = iter([np.arange(3.0) + i for i in range(10)])  # fewer than a check draws

    def loss():
        return float(np.sum((next(batches) * W) ** 2))

    report = check_gradients(loss, W, lambda: 2 * np.arange(3.0) ** 2 * W, explain=False)
    assert report
    assert any("batches" in finding.sentence for finding in report.findings)
    assert next(batches)[0] == 0


def test_a_buffer_that_was_closed_stays_closed():
    log = io.StringIO()
    snapshot = Snapshot({"log": log})
    log.close()
    snapshot.restore()
    assert log.closed


@pytest.mark.parametrize("size", [1, 5])
def test_an_array_that_is_resized_in_place_is_put_back(size):
    w = np.arange(3.0)
    p = {"w": w}

    def step(lr=0.1):
        p["w"].resize(size, refcheck=False)

    with pytest.raises(ValueError, match=r"step: expected an update that keeps the shape \(3,\)"):
        check_gradients(lambda: float(p["w"] @ p["w"]), p, step=step, lr=0.1)
    assert p["w"] is w
    np.testing.assert_array_equal(w, [0, 1, 2])


class Grows:
    """A net whose loss writes a history beside its parameters, into an array that grows."""

    def __init__(self):
        self.w, self.b = np.array([1.0, -2.0]), array.array("d", [0.5])
        self.history = array.array("d", [0.0])

    def loss(self):
        self.history.append(1.0)
        return float(self.w @ self.w + self.b[0] ** 2)

    def grads(self):
        return {"w": 2 * self.w, "b": [2 * self.b[0]]}


def test_an_array_beside_the_parameters_that_grows_is_put_back():
    net = Grows()
    assert check_gradients(net.loss, net, net.grads)
    assert net.history == array.array("d", [0.0])
    assert net.b == array.array("d", [0.5])
