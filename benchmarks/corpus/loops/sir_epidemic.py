"""Fit of an SIR model to case counts: Euler steps forward, adjoint backward.

Unknown: log beta, log gamma, log of the initially infected. Loss: squared error of infected.
"""
import numpy as np
from collections import namedtuple

State = namedtuple("State", ["S", "I"])
DT = 0.5
STEPS = 40


def simulate(theta):
    beta, gamma, i0 = np.exp(theta)
    path = [State(1.0 - i0, i0)]
    for k in range(STEPS):
        S, I = path[-1]
        new = beta * S * I
        path.append(State(S - DT * new, I + DT * (new - gamma * I)))
    return path


def misfit(theta, observed):
    return 0.5 * sum((st.I - o) ** 2 for st, o in zip(simulate(theta), observed)) * 100


def adjoint_gradient(theta, observed):
    beta, gamma, i0 = np.exp(theta)
    path = simulate(theta)
    lS, lI = 0.0, 0.0
    g_beta = g_gamma = 0.0
    for k in range(STEPS, 0, -1):
        lI += 100 * (path[k].I - observed[k])
        S, I = path[k - 1]
        g_beta += DT * S * I * (lI - lS)
        g_gamma -= DT * I * lI
        flow = DT * beta * (lI - lS)
        lS, lI = lS + flow * I, lI + flow * S - DT * gamma * lI
    lI += 100 * (path[0].I - observed[0])
    g_i0 = lI - lS
    return np.array([g_beta * beta, g_gamma * gamma, g_i0 * i0])


rng = np.random.default_rng(3)
true = np.log([0.9, 0.35, 0.01])
observed = np.array([s.I for s in simulate(true)]) + 0.002 * rng.normal(size=STEPS + 1)

theta = np.log([0.7, 0.3, 0.02])
cost_old = misfit(theta, observed)
rate = 0.01
for it in range(150):
    g = adjoint_gradient(theta, observed)
    trial = theta - rate * g
    cost = misfit(trial, observed)
    if cost < cost_old:              # accept and be bolder
        theta, cost_old = trial, cost
        rate *= 1.1
    else:
        rate *= 0.5
    if it % 50 == 0:
        print(it, cost_old, np.exp(theta))
print("beta, gamma, i0 =", np.exp(theta).round(4))

FAULTS = """
off-by-one-time | S, I = path[k - 1] | S, I = path[k]
wrong-sign | g_i0 = lI - lS | g_i0 = lI + lS
missing-term | lS, lI = lS + flow * I, lI + flow * S - DT * gamma * lI | lS, lI = lS + flow * I, lI + flow * S
missing-factor | return np.array([g_beta * beta, g_gamma * gamma, g_i0 * i0]) | return np.array([g_beta, g_gamma * gamma, g_i0 * i0])
overwritten | lI += 100 * (path[k].I - observed[k]) | lI = 100 * (path[k].I - observed[k])
wrong-operand | g_beta += DT * S * I * (lI - lS) | g_beta += DT * S * I * lI
"""
