"""Many checks in one process, one after the other and at once: same verdicts, no growth."""

import gc
import threading
import tracemalloc
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from gradcheck import check_gradients
from gradcheck.turns import Turns


def net(seed, right):
    rng = np.random.default_rng(seed)
    X, W = rng.normal(size=(4, 3)), rng.normal(size=(3, 2))

    def loss():
        return float(np.sum(np.tanh(X @ W) ** 2))

    def grads():
        A = np.tanh(X @ W)
        return X.T @ (2 * A * (1 - A**2 if right else 1))

    return loss, W, grads


def facts(seed):
    loss, W, grads = net(seed, seed % 3 > 0)
    before = W.tobytes()
    report = check_gradients(loss, W, grads, explain=False, seed=seed)
    assert W.tobytes() == before
    return report.verdict, report.evaluations, report.blocks[0].numerical


def test_a_hundred_checks_at_once_say_what_they_say_alone():
    errors, filters = np.geterr(), list(warnings.filters)
    alone = [facts(seed) for seed in range(100)]
    with ThreadPoolExecutor(100) as pool:
        together = list(pool.map(facts, range(100)))
    assert together == alone
    assert [f[0] for f in alone] == [("agrees" if s % 3 else "disagrees") for s in range(100)]
    assert (np.geterr(), list(warnings.filters)) == (errors, filters)


def test_a_thousand_checks_do_not_fill_the_memory():
    def run(n):
        for seed in range(n):
            loss, W, grads = net(seed, True)
            assert check_gradients(loss, W, grads, max_evaluations=60)
        gc.collect()

    run(20)  # what is imported and cached once
    tracemalloc.start()
    try:
        run(20)
        first = tracemalloc.get_traced_memory()[0]
        run(100)
        growth = tracemalloc.get_traced_memory()[0] - first
    finally:
        tracemalloc.stop()
    run(860)
    assert growth < 20_000  # bytes for a hundred checks: nothing of a check stays


@pytest.mark.blame
def test_the_search_for_the_line_never_edits_what_another_thread_checks():
    """One function, checked wrong by one thread and right by others at the same time."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(4, 3))

    def forward(W):
        return np.tanh(X @ W)

    def checked(right):
        W = np.ones((3, 2)) * 0.3
        loss = lambda: float(np.sum(forward(W) ** 2))

        def grads():
            A = forward(W)
            return X.T @ (2 * A * (1 - A**2)) if right else X.T @ (2 * A)

        return check_gradients(loss, W, grads).verdict

    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(checked, [False, True, True, True] * 3))
    assert said == ["disagrees", "agrees", "agrees", "agrees"] * 3


def test_turns():
    turns, seen = Turns(), []
    with turns.together(), turns.alone() as alone:
        assert alone
        with turns.together():  # a check inside of this one, in its own thread
            pass
        other = threading.Thread(target=lambda: [seen.append(x) for x in entered(turns)])
        other.start()
        other.join(0.05)
        assert other.is_alive()  # it waits
        assert not seen
    other.join(10)
    assert seen == [True]
    inside, leave = threading.Event(), threading.Event()

    def stay():
        with turns.together():
            inside.set()
            leave.wait(10)

    other = threading.Thread(target=stay)
    other.start()
    inside.wait(10)
    with turns.together(), turns.alone() as alone:
        assert not alone  # it does not wait
    leave.set()
    other.join(10)


def entered(turns):
    with turns.together():
        yield True


@pytest.mark.parametrize(("n", "right"), [(10_000, True), (300, False)])
def test_ten_thousand_blocks_at_once(n, right):
    params = {f"w{i}": np.array([0.1 + i % 7, 1.0]) for i in range(n)}
    grads = {name: 2 * w for name, w in params.items()}
    grads["w7"][0] *= 1.0 if right else 1.5
    loss = lambda: float(sum(float(w @ w) for w in params.values()))
    report = check_gradients(loss, params, grads, overall=True, max_evaluations=60)
    assert (report.verdict == "agrees") is right
    assert len(report.blocks) == n
    assert report.evaluations <= (45 if right else 60)
