"""gradcheck/workers.py: the same result from other processes, whatever happens to them."""

import itertools
import os
import pickle
import signal
import sys
import threading

import numpy as np
import pytest

import gradcheck.workers as workers
from gradcheck import check_gradients

joblib = pytest.importorskip("joblib")


class Net:
    """Holds its parameters itself, as most nets do: a worker must move its own copy."""

    def __init__(self, seed=0, wide=8):
        rng = np.random.default_rng(seed)
        self.W1, self.b1 = rng.normal(size=(5, wide)), rng.normal(size=wide)
        self.W2 = rng.normal(size=(wide, 3))
        self.X, self.T = rng.normal(size=(6, 5)), rng.normal(size=(6, 3))

    def loss(self):
        return np.mean((np.tanh(self.X @ self.W1 + self.b1) @ self.W2 - self.T) ** 2)

    def grads(self, factor=1.0):
        a = np.tanh(self.X @ self.W1 + self.b1)
        d2 = 2 * (a @ self.W2 - self.T) / self.T.size
        d1 = d2 @ self.W2.T * (1 - a * a)
        dW1 = self.X.T @ d1
        dW1[2, 3] *= factor
        return {"W1": dW1, "b1": d1.sum(axis=0), "W2": a.T @ d2}

    @property
    def params(self):
        return {"W1": self.W1, "b1": self.b1, "W2": self.W2}


def check(net, **options):
    return check_gradients(net.loss, net.params, net.grads, explain=False, **options)


@pytest.fixture(scope="module")
def loky():
    with joblib.parallel_config(backend="loky", n_jobs=2):
        yield
    from joblib.externals.loky import get_reusable_executor

    get_reusable_executor().shutdown(wait=True)


@pytest.mark.parametrize("factor", [1.0, 1.01])
def test_loky_gives_the_serial_result_to_the_last_bit(loky, factor):
    net = Net()
    before = [values.tobytes() for values in net.params.values()]
    grads = lambda: net.grads(factor)
    serial = check_gradients(net.loss, net.params, grads, explain=False, n_jobs=1)
    for n_jobs in (None, 2, -1):  # None is what the configuration says: 2
        parallel = check_gradients(net.loss, net.params, grads, explain=False, n_jobs=n_jobs)
        assert parallel == serial
        assert parallel.to_dict() | {"seconds": 0} == serial.to_dict() | {"seconds": 0}
    assert serial.verdict == ("agrees" if factor == 1 else "disagrees")
    assert [values.tobytes() for values in net.params.values()] == before


def test_every_entry_by_loky(loky):
    rng = np.random.default_rng(0)
    W, X = rng.normal(size=(7, 7)), rng.normal(size=(4, 7))
    loss = lambda: float(np.sum(np.tanh(X @ W @ W) ** 2))
    a = np.tanh(X @ W @ W)
    d = 2 * a * (1 - a * a)
    grads = (X @ W).T @ d + X.T @ (d @ W.T)
    options = {"entries": "all", "explain": False}
    assert check_gradients(loss, W, grads, **options) == check_gradients(
        loss, W, grads, n_jobs=1, **options
    )


def test_large_directions_travel_as_seeds(loky, monkeypatch):
    rng = np.random.default_rng(0)
    w = rng.normal(size=50_000)
    tasks, real = [], workers.Workers._send
    monkeypatch.setattr(
        workers.Workers, "_send", lambda self, sent: tasks.extend(sent) or real(self, sent)
    )
    loss = lambda: float(np.square(w).sum())  # the last bit of w @ w follows where w lies
    parallel = check_gradients(loss, w, lambda: 2 * w, n_jobs=2)
    assert tasks
    assert all(len(pickle.dumps(task)) < 1000 for task in tasks)
    assert parallel == check_gradients(loss, w, lambda: 2 * w, n_jobs=1)


@pytest.mark.parametrize("once", [True, False], ids=["once", "always"])
def test_a_killed_worker_loses_nothing(loky, tmp_path, once):
    net, home, mark = Net(), os.getpid(), tmp_path / "killed"

    def loss():
        if os.getpid() != home and not (once and mark.exists()):
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return net.loss()

    parallel = check_gradients(loss, net.params, net.grads, n_jobs=2, explain=False)
    assert mark.exists()
    serial = check_gradients(loss, net.params, net.grads, n_jobs=1, explain=False)
    assert parallel.blocks == serial.blocks
    assert parallel.evaluations == serial.evaluations
    assert any("workers died twice" in note for note in parallel.notes) != once


def test_threads_have_parameters_of_their_own():
    net = Net()
    with joblib.parallel_config(backend="threading", n_jobs=2):
        assert check(net) == check(net, n_jobs=1)


def test_dask(tmp_path):
    distributed = pytest.importorskip("distributed")
    import dask

    net = Net()
    serial = check(net, n_jobs=1)
    # by default a worker gives up where it has not met the scheduler within 30 s, and joblib after
    # 10: too few on a machine with much other work
    patient = {f"distributed.comm.timeouts.{what}": "5 minutes" for what in ("connect", "tcp")}
    with (
        dask.config.set(patient),
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            dashboard_address=None,
            local_directory=tmp_path,
        ) as cluster,
        distributed.Client(cluster),
        joblib.parallel_config(backend="dask", wait_for_workers_timeout=300),
    ):
        assert check(net, n_jobs=2) == serial


@pytest.mark.filterwarnings("ignore")  # Ray has some of its own
def test_ray():
    ray = pytest.importorskip("ray")
    from ray.util.joblib import register_ray

    register_ray()
    net = Net()
    serial = check(net, n_jobs=1)
    ray.init(num_cpus=2, include_dashboard=False, logging_level="ERROR", log_to_driver=False)
    try:
        with joblib.parallel_config(backend="ray"):
            assert check(net, n_jobs=2) == serial
    finally:
        ray.shutdown()


def test_a_loss_that_differs_in_a_worker_is_computed_here(loky):
    net, home = Net(), os.getpid()
    loss = lambda: net.loss() + (os.getpid() != home)
    parallel = check_gradients(loss, net.params, net.grads, n_jobs=2, explain=False)
    assert parallel
    assert any("in a worker and" in note for note in parallel.notes)
    assert (
        parallel.evaluations
        == check_gradients(loss, net.params, net.grads, n_jobs=1, explain=False).evaluations
    )


def test_a_loss_that_cannot_be_sent(loky):
    net = Net()
    lock = threading.Lock()

    def loss():
        with lock:
            return net.loss()

    with pytest.raises(TypeError, match=r"^n_jobs: expected a loss that can be sent to a worker"):
        check_gradients(loss, net.params, net.grads, n_jobs=2)


def test_a_loss_with_a_state_is_computed_here(loky):
    net, calls = Net(), [0]

    def loss():
        calls[0] += 1
        return net.loss() + 1e-3 * calls[0]

    report = check_gradients(loss, net.params, net.grads, n_jobs=2, explain=False)
    assert any("has a state" in note for note in report.notes)


def test_errors_of_the_loss_come_through(loky):
    net, home = Net(), os.getpid()

    def loss():
        if os.getpid() != home:
            raise MemoryError("mine")
        return net.loss()

    with pytest.raises(MemoryError, match="mine"):
        check_gradients(loss, net.params, net.grads, n_jobs=2)


def test_joblib_that_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "joblib", None)
    net = Net()
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'gradcheck\[parallel\]'"):
        check(net, n_jobs=2)
    assert check(net, n_jobs=1)
    assert check(net)


class Odd(Net):
    """What asks for more than a smooth loss with right gradients does."""

    def __init__(self, plus=lambda net: 0.0, digits=17, factors=(1.0, 1.0, 1.0)):
        super().__init__()
        self.plus, self.digits, self.factors = plus, digits, factors
        self.first, self.last = self.W1.copy(), self.W2.copy()

    def loss(self):
        return round(float(super().loss() + self.plus(self)), self.digits)

    def grads(self):
        found = super().grads()
        return {name: f * found[name] for name, f in zip(found, self.factors, strict=True)}


ODD = {
    "all wrong": Odd(factors=(1.5, 1.01, 0.9)),
    "a small block wrong": Odd(factors=(1.0, 1.01, 1.0)),
    "one slope of a large loss wrong": Odd(
        lambda net: 1e10, factors=(1.0, np.array([1.0] * 7 + [3.0]), 1.0)
    ),
    "the first block dead": Odd(lambda net: -Net.loss(net) + float(np.sum(net.W2**2))),
    "rounded": Odd(digits=5),
    "linear": Odd(lambda net: -Net.loss(net) + float(np.sum(net.W1)) + 7.0),
    "a kink at the point": Odd(lambda net: np.maximum(0, net.W2 - net.last).sum()),
    "a kink nearby": Odd(lambda net: np.maximum(0, net.W2 - net.last - 1e-5).sum()),
    "finite on one side": Odd(lambda net: np.sqrt(net.W1 - net.first).sum()),
}


@pytest.mark.parametrize("name", ODD)
def test_blocks_that_are_looked_at_together_are_judged_as_one_by_one(name):
    net = ODD[name]
    serial = check(net, n_jobs=1)
    with joblib.parallel_config(backend="threading", n_jobs=3):
        parallel = check(net)
    told = [repr(report.to_dict() | {"seconds": 0}) for report in (parallel, serial)]  # nan == nan
    assert told[0] == told[1]


class Deep:
    """A net of so many layers, each a matrix of 6 x 6."""

    def __init__(self, depth):
        rng = np.random.default_rng(0)
        self.params = list(rng.normal(size=(depth, 6, 6)) / np.sqrt(6))
        self.X = rng.normal(size=(5, 6))

    def forward(self):
        return list(itertools.accumulate(self.params, lambda a, W: np.tanh(a @ W), initial=self.X))

    def loss(self):
        return 0.5 * np.sum(self.forward()[-1] ** 2)

    def grads(self):
        a = self.forward()
        found, d = [], a[-1]
        for W, below, above in zip(self.params[::-1], a[-2::-1], a[::-1], strict=False):
            d = d * (1 - above**2)
            found.append(below.T @ d)
            d = d @ W.T
        return found[::-1]


def evaluations_of(task):
    along = isinstance(task, workers.AlongLines)
    return sum(len(steps) for _, steps in task.asked) if along else len(task.positions)


def longest(sizes, n_jobs):
    """Evaluations of the worker that has most, where each takes a task when it is free."""
    loads = [0] * n_jobs
    for size in sizes:
        loads[loads.index(min(loads))] += size
    return max(loads)


def waiting(net, n_jobs):
    """Evaluations of a check, those that wait for one another, and rounds of them."""
    rounds, real = [], workers.Workers._send

    def send(self, tasks):
        rounds.append([evaluations_of(task) for task in tasks])
        return real(self, tasks)

    with pytest.MonkeyPatch.context() as patch, joblib.parallel_config(backend="threading"):
        patch.setattr(workers.Workers, "_send", send)
        report = check(net, n_jobs=n_jobs)
    here = report.evaluations - sum(map(sum, rounds))
    return report.evaluations, here + sum(longest(r, n_jobs) for r in rounds), len(rounds)


def test_little_of_a_check_waits_for_something_else():
    evaluations, one_by_one, rounds = waiting(Net(), 2)
    assert evaluations >= 1.8 * one_by_one
    assert rounds <= 12


@pytest.mark.parametrize("name", ["all wrong", "the first block dead", "a kink at the point"])
def test_nor_does_the_search_for_wrong_entries(name):
    evaluations, one_by_one, _ = waiting(ODD[name], 2)
    assert evaluations >= 1.8 * one_by_one


def test_blocks_do_not_wait_for_one_another():
    few, many = waiting(Deep(3), 4), waiting(Deep(12), 4)
    assert many[0] > 2 * few[0]
    assert many[2] <= 1.5 * few[2]
    assert many[0] >= 3 * many[1]
