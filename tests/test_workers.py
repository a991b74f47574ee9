"""gradcheck/workers.py: the same result from other processes, whatever happens to them."""

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
    probes = [task for task in tasks if not isinstance(task.path[0][1], np.ndarray)]
    assert probes
    assert all(len(pickle.dumps(task)) < 1000 for task in probes)
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
            raise LookupError("mine")
        return net.loss()

    with pytest.raises(LookupError, match="mine"):
        check_gradients(loss, net.params, net.grads, n_jobs=2)


def test_joblib_that_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "joblib", None)
    net = Net()
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'gradcheck\[parallel\]'"):
        check(net, n_jobs=2)
    assert check(net, n_jobs=1)
    assert check(net)


def test_little_of_a_check_waits_for_something_else(monkeypatch):
    """The evaluations one after the other, with two workers: at least 1.75 times fewer."""
    sent, real = [], workers.Workers._send
    monkeypatch.setattr(
        workers.Workers, "_send", lambda self, tasks: sent.append(tasks) or real(self, tasks)
    )
    with joblib.parallel_config(backend="threading", n_jobs=2):
        report = check(Net())
    assert report
    lengths = [[len(task.steps) for task in tasks] for tasks in sent]
    here = report.evaluations - sum(map(sum, lengths))
    assert 1.75 * (here + sum(map(max, lengths))) <= report.evaluations
