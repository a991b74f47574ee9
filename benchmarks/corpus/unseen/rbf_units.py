# Radial basis network: centres, widths and output weights are all learned.
# comprehension style, no matrices to speak of
import numpy as np

r = np.random.RandomState(8)
points = [r.randn(2) for _ in range(7)]
values = [float(np.sin(p[0]) + p[1] ** 2 / 3) for p in points]

theta = {
    'centre': r.randn(4, 2),
    'logwidth': r.randn(4) * 0.3,
    'height': r.randn(4),
    'level': np.array([0.2]),
    'slope': r.randn(2) * 0.5,
}
DELTA = 0.4   # Huber


def bumps(p):
    d2 = [np.sum((p - c) ** 2) for c in theta['centre']]
    return np.array([np.exp(-q / (2 * np.exp(2 * lw))) for q, lw in zip(d2, theta['logwidth'])])


def output(p):
    return theta['height'] @ bumps(p) + theta['level'][0] + theta['slope'] @ p


def huber(e):
    return 0.5 * e * e if abs(e) <= DELTA else DELTA * (abs(e) - 0.5 * DELTA)


def huber_slope(e):
    return e if abs(e) <= DELTA else DELTA * np.sign(e)


def risk():
    return sum(huber(output(p) - v) for p, v in zip(points, values)) / len(points)


def risk_gradient():
    slopes = [huber_slope(output(p) - v) / len(points) for p, v in zip(points, values)]
    phi = [bumps(p) for p in points]
    var = np.exp(2 * theta['logwidth'])
    return {
        'centre': np.array([
            sum(
                s * h * f[k] * (p - c) / var[k]
                for s, f, p in zip(slopes, phi, points)
            )
            for k, (c, h) in enumerate(zip(theta['centre'], theta['height']))
        ]),
        'logwidth': np.array([
            sum(
                s * h * f[k] * np.sum((p - c) ** 2) / var[k]
                for s, f, p in zip(slopes, phi, points)
            )
            for k, (c, h) in enumerate(zip(theta['centre'], theta['height']))
        ]),
        'height': sum(s * f for s, f in zip(slopes, phi)),
        'level': np.array([sum(slopes)]),
        'slope': sum(s * p for s, p in zip(slopes, points)),
    }


# ---- problem
def problem():
    return dict(loss=risk, params=theta, grads=risk_gradient)


FAULTS = """
sign | s * h * f[k] * (p - c) / var[k] | s * h * f[k] * (c - p) / var[k]
scale | s * h * f[k] * (p - c) / var[k] | s * h * f[k] * 2 * (p - c) / var[k]
loss-gradient | return e if abs(e) <= DELTA else DELTA * np.sign(e) | return e
loss-gradient | return e if abs(e) <= DELTA else DELTA * np.sign(e) | return e if abs(e) <= DELTA else np.sign(e)
bias-reduction | 'level': np.array([sum(slopes)]), | 'level': np.array([sum(slopes) / len(points)]),
missing-activation-derivative | s * h * f[k] * (p - c) / var[k] | s * h * (p - c) / var[k]
wrong-operand | 'height': sum(s * f for s, f in zip(slopes, phi)), | 'height': sum(s * f * theta['height'] for s, f in zip(slopes, phi)),
"""
