# physics-sim-like style: one big `state` dict, functions mutate arrays in place. Model weights are class attributes.
import numpy as np


class NN:                      # just a namespace, never instantiated
    rng = np.random.default_rng(88)
    w_in = rng.normal(0, 0.7, (3, 10))
    b_in = np.zeros(10)
    w_out = rng.normal(0, 0.3, (10, 1))
    b_out = np.zeros(1)


def make_state(n):
    x = NN.rng.uniform(-1, 1, (n, 3))
    force = (x[:, 0] * np.exp(-x[:, 1] ** 2) - 0.5 * x[:, 2])[:, None]
    return {
        "x": x, "f": force,
        "hidden": np.zeros((n, 10)), "out": np.zeros((n, 1)), "delta": np.zeros((n, 1)),
        "g_w_in": np.zeros((3, 10)), "g_b_in": np.zeros(10), "g_w_out": np.zeros((10, 1)), "g_b_out": np.zeros(1),
        "energy": 0.0, "it": 0,
    }


def compute_output(state):
    np.matmul(state["x"], NN.w_in, out=state["hidden"])
    state["hidden"] += NN.b_in
    np.tanh(state["hidden"], out=state["hidden"])
    np.matmul(state["hidden"], NN.w_out, out=state["out"])
    state["out"] += NN.b_out


def compute_energy(state):
    np.subtract(state["out"], state["f"], out=state["delta"])
    state["energy"] = 0.5 * float(np.sum(state["delta"] ** 2)) / len(state["x"])


def compute_gradients(state):
    d = state["delta"] / len(state["x"])
    state["g_w_out"][:] = state["hidden"].T @ d
    state["g_b_out"][:] = d.sum(axis=0)
    dh = d @ NN.w_out.T
    dh *= 1 - state["hidden"] ** 2
    state["g_w_in"][:] = state["x"].T @ dh
    state["g_b_in"][:] = dh.sum(axis=0)


def advance(state, dt):
    NN.w_in -= dt * state["g_w_in"]
    NN.b_in -= dt * state["g_b_in"]
    NN.w_out -= dt * state["g_w_out"]
    NN.b_out -= dt * state["g_b_out"]
    state["it"] += 1


state = make_state(60)
while state["it"] < 300:
    compute_output(state)
    compute_energy(state)
    compute_gradients(state)
    advance(state, dt=0.2)
    if state["it"] % 100 == 0:
        print(state["it"], "energy", state["energy"])

FAULTS = """
wrong-activation-derivative | dh *= 1 - state["hidden"] ** 2 | dh *= state["hidden"] * (1 - state["hidden"])
missing-activation-derivative | dh *= 1 - state["hidden"] ** 2 | pass
accumulated | state["g_w_in"][:] = state["x"].T @ dh | state["g_w_in"][:] += state["x"].T @ dh
mean-for-sum | state["g_b_in"][:] = dh.sum(axis=0) | state["g_b_in"][:] = dh.mean(axis=0)
wrong-gradient | NN.b_out -= dt * state["g_b_out"] | NN.b_out += dt * state["g_b_out"]
missing-factor | state["g_b_out"][:] = d.sum(axis=0) | state["g_b_out"][:] = state["delta"].sum(axis=0)
"""
