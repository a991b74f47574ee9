"""Levenberg-Marquardt for a damped oscillation (lab course data), Jacobian by hand."""
import numpy as np


def model(p, t):
    amp, tau, omega, phase, offset = p
    return amp * np.exp(-t / tau) * np.cos(omega * t + phase) + offset


def jacobian(p, t):
    amp, tau, omega, phase, offset = p
    e = np.exp(-t / tau)
    c, s = np.cos(omega * t + phase), np.sin(omega * t + phase)
    J = np.empty((t.size, 5))
    J[:, 0] = e * c
    J[:, 1] = amp * e * c * t / tau ** 2
    J[:, 2] = -amp * e * s * t
    J[:, 3] = -amp * e * s
    J[:, 4] = 1.0
    return J


rng = np.random.RandomState(2023)
t = np.linspace(0, 8, 80)
true_p = np.array([2.0, 3.0, 2.5, 0.3, 0.5])
volts = model(true_p, t) + 0.05 * rng.randn(t.size)

p = np.array([1.6, 2.5, 2.4, 0.1, 0.3])
damping = 1e-2
residual = model(p, t) - volts
chi2 = 0.5 * residual @ residual
for iteration in range(40):
    J = jacobian(p, t)
    gradient = J.T @ residual
    hessian = J.T @ J
    step = np.linalg.solve(hessian + damping * np.diag(np.diag(hessian)), -gradient)
    trial = p + step
    trial_residual = model(trial, t) - volts
    trial_chi2 = 0.5 * trial_residual @ trial_residual
    if trial_chi2 < chi2:
        improvement = chi2 - trial_chi2
        p, residual, chi2 = trial, trial_residual, trial_chi2
        damping = max(damping / 3, 1e-9)
        print("iteration %2d  chi2/2 = %.6f" % (iteration, chi2))
        if improvement < 1e-10:
            break
    else:
        damping *= 4
for name, value in zip(("A", "tau", "omega", "phi", "c"), p):
    print(f"{name:>6} = {value:.4f}")

FAULTS = """
wrong-sign | J[:, 1] = amp * e * c * t / tau ** 2 | J[:, 1] = -amp * e * c * t / tau ** 2
missing-factor | J[:, 1] = amp * e * c * t / tau ** 2 | J[:, 1] = amp * e * c * t / tau
missing-factor | J[:, 2] = -amp * e * s * t | J[:, 2] = -amp * e * s
wrong-variable | J[:, 3] = -amp * e * s | J[:, 3] = -amp * e * c
missing-factor | J[:, 0] = e * c | J[:, 0] = amp * e * c
"""
