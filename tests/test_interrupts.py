"""Ctrl-C on the real command: it ends with status 130, without a traceback, with what it knows."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
COMMAND = [sys.executable, str(ROOT / "cli.py")]
pytestmark = pytest.mark.skipif(os.name != "posix", reason="sends signals as POSIX does")

NET = """
import os, pathlib, signal, time
import numpy as np
rng = np.random.default_rng(0)
calls, LAST = 0, 0
X, w, v = rng.normal(size=(8, 3)), rng.normal(size=3), rng.normal(size=3)
def loss():
    global calls
    calls += 1
    if calls == LAST:
        os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0.02)
    return float(np.sum(np.tanh(X @ w) ** 2) + np.sum((X @ v) ** 2))
def grads():
    t = np.tanh(X @ w)
    return {"w": X.T @ (2 * t * (1 - t**2)), "v": 2 * X.T @ (X @ v)}
pathlib.Path("started").touch()
"""


def interrupted(arguments, folder, delay, begun):
    """Status, stdout and stderr of the command, interrupted some seconds after it has begun."""
    with (
        (folder / "out").open("w") as out,
        (folder / "err").open("w") as err,
        subprocess.Popen(
            [*COMMAND, *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stdout=out,
            stderr=err,
        ) as process,
    ):
        until = time.monotonic() + 60
        while not begun() and process.poll() is None and time.monotonic() < until:
            time.sleep(0.005)
        try:
            process.wait(delay)  # it may interrupt itself
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
        status = process.wait(60)
    return status, (folder / "out").read_text(), (folder / "err").read_text()


def of_the_run(folder, delay, *more):
    (folder / "net.py").write_text(NET)
    (folder / "started").unlink(missing_ok=True)
    arguments = ["run", "net.py", "--loss", "loss()", "--params", "w, v", "--grads", "grads()"]
    ended = interrupted([*arguments, *more], folder, delay, (folder / "started").exists)
    assert (folder / "net.py").read_text() == NET
    return ended


def test_a_run_interrupted_at_random_moments(tmp_path):
    moments = random.Random(0)
    seen = []
    for _ in range(5):
        status, out, err = of_the_run(tmp_path, moments.uniform(0, 0.7))
        assert status == 130, (status, out, err)
        assert "Traceback" not in out + err
        assert err.splitlines()[-1] == "interrupted"
        seen.append(out)


def test_a_run_interrupted_late_shows_what_it_knows(tmp_path):
    late = ["--setup", "LAST = 45"]
    status, out, err = of_the_run(tmp_path, 60, *late)
    assert (status, "Traceback" in err) == (130, False)
    assert "Interrupted after" in out
    assert "inconclusive  1 of 2 parameters: interrupted" in out
    assert "agrees" in out
    status, out, err = of_the_run(tmp_path, 60, *late, "--format", "json", "--output", "r.json")
    assert status == 130
    told = json.loads((tmp_path / "r.json").read_text())
    reasons = {b["name"]: b["reason"] for b in told["checks"][0]["blocks"]}
    assert reasons == {"w": "", "v": "interrupted"}


@pytest.mark.parametrize("more", [[], ["--fault", "sign@2"]], ids=["right", "faulty"])
def test_xor_interrupted_at_random_moments(tmp_path, more):
    moments = random.Random(1)
    out = tmp_path / "out"
    for _ in range(3):
        out.write_text("")
        begun = lambda: out.stat().st_size > 0
        status, shown, err = interrupted(["xor", *more], tmp_path, moments.uniform(0, 0.5), begun)
        assert status == 130, (status, shown, err)
        assert "Traceback" not in shown + err
        assert "interrupted" in err
