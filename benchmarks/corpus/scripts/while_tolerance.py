import numpy as np

np.random.seed(123)
X = 2 * np.random.rand(40, 1)
y = 4 + 3 * X + np.random.randn(40, 1)

X_b = np.c_[np.ones((len(X), 1)), X]
theta = np.random.randn(2, 1)


def compute_cost(X, y, theta):
    m = len(y)
    error = X @ theta - y
    return (error.T @ error).item() / (2 * m)


def gradient_descent(X, y, theta, alpha=0.1, tolerance=1e-7, max_iters=1000):
    m = len(y)
    cost = compute_cost(X, y, theta)
    previous = float("inf")
    iters = 0
    while abs(previous - cost) > tolerance and iters < max_iters:
        previous = cost
        gradient = X.T @ (X @ theta - y) / m
        theta = theta - alpha * gradient
        cost = compute_cost(X, y, theta)
        iters += 1
    print("stopped after", iters, "iterations, cost", cost)
    return theta


best = gradient_descent(X_b, y, theta)
print(best.ravel())


FAULTS = """
scale | gradient = X.T @ (X @ theta - y) / m | gradient = 2 * X.T @ (X @ theta - y) / m
sign | theta = theta - alpha * gradient | theta = theta + alpha * gradient
early-reduction | gradient = X.T @ (X @ theta - y) / m | gradient = X.mean(axis=0)[:, None] * np.mean(X @ theta - y)
"""
