"""Two chemical components in a set of measured spectra: X ~ C S, both positive through exp.

C = exp(a) are the concentrations, S = exp(b) the pure spectra; smoothness penalty on S.
"""
import numpy as np

gen = np.random.default_rng(11)
wl = np.linspace(0, 1, 25)
pure = np.array([np.exp(-((wl - 0.3) / 0.1) ** 2), np.exp(-((wl - 0.65) / 0.15) ** 2)])
conc = gen.uniform(0.2, 1.0, size=(10, 2))
X = conc @ pure + 0.01 * gen.normal(size=(10, 25))
lam = 0.05

a = gen.normal(scale=0.1, size=(10, 2)) - 0.5
b = gen.normal(scale=0.1, size=(2, 25)) - 1.0
history = []
for sweep in range(400):
    C, S = np.exp(a), np.exp(b)
    R = C @ S - X
    rough = np.diff(S, axis=1)
    history.append(0.5 * np.sum(R ** 2) + 0.5 * lam * np.sum(rough ** 2))
    gC = R @ S.T
    gS = C.T @ R
    gS[:, 1:] += lam * rough
    gS[:, :-1] -= lam * rough
    a -= 0.05 * gC * C
    b -= 0.05 * gS * S

print(f"{history[0]:.4f} -> {history[-1]:.5f}")
try:
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    plt.semilogy(history)
    plt.close()
except ImportError:
    pass

FAULTS = """
missing-factor | a -= 0.05 * gC * C | a -= 0.05 * gC
wrong-sign | gS[:, :-1] -= lam * rough | gS[:, :-1] += lam * rough
wrong-index | gS[:, 1:] += lam * rough | gS[:, :-1] += lam * rough
wrong-operand | b -= 0.05 * gS * S | b -= 0.05 * gS * b
missing-factor | gS[:, 1:] += lam * rough | gS[:, 1:] += rough
"""
