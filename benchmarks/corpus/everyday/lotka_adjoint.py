# Fit the 4 rates of a predator-prey ODE by the discrete adjoint of explicit Euler. (Ecology PhD)
import numpy as np

DT, STEPS = 0.05, 120
rng = np.random.default_rng(33)


def simulate(rates, y0):
    a, b, c, d = rates
    ys = np.empty((STEPS + 1, 2))
    ys[0] = y0
    for n in range(STEPS):
        prey, pred = ys[n]
        ys[n + 1, 0] = prey + DT * (a * prey - b * prey * pred)
        ys[n + 1, 1] = pred + DT * (c * prey * pred - d * pred)
    return ys


def misfit(ys, obs):
    return 0.5 * DT * np.sum((ys - obs) ** 2)


def adjoint(rates, ys, obs):
    a, b, c, d = rates
    grad = np.zeros(4)
    lam = DT * (ys[STEPS] - obs[STEPS])
    for n in range(STEPS - 1, -1, -1):
        prey, pred = ys[n]
        grad[0] += lam[0] * DT * prey
        grad[1] -= lam[0] * DT * prey * pred
        grad[2] += lam[1] * DT * prey * pred
        grad[3] -= lam[1] * DT * pred
        jac = np.array([
            [1 + DT * (a - b * pred), -DT * b * prey],
            [DT * c * pred, 1 + DT * (c * prey - d)],
        ])
        lam = jac.T @ lam + DT * (ys[n] - obs[n])
    return grad


y0 = np.array([1.0, 0.8])
truth = np.array([1.1, 0.6, 0.5, 0.9])
obs = simulate(truth, y0) + 0.02 * rng.normal(size=(STEPS + 1, 2))

rates = np.array([0.9, 0.7, 0.6, 0.7])
lr = 0.004
for it in range(150):
    ys = simulate(rates, y0)
    J = misfit(ys, obs)
    grad = adjoint(rates, ys, obs)
    rates = rates - lr * grad
    if it % 30 == 0:
        print(f"it {it:3d}  J = {J:.5f}  rates = {np.round(rates, 3)}")
print("truth", truth, "fit", rates.round(3))

FAULTS = """
missing-transpose | lam = jac.T @ lam + DT * (ys[n] - obs[n]) | lam = jac @ lam + DT * (ys[n] - obs[n])
off-by-one | lam = jac.T @ lam + DT * (ys[n] - obs[n]) | lam = jac.T @ lam + DT * (ys[n + 1] - obs[n + 1])
wrong-sign | grad[1] -= lam[0] * DT * prey * pred | grad[1] += lam[0] * DT * prey * pred
wrong-index | grad[2] += lam[1] * DT * prey * pred | grad[2] += lam[0] * DT * prey * pred
missing-term | [DT * c * pred, 1 + DT * (c * prey - d)], | [DT * c * pred, DT * (c * prey - d)],
"""
