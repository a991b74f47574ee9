import math

# straight line with an offset, robustly fitted; the first program of a course
xs = [0.5, -1.2, 2.3, 1.1, -0.4]
ys = [1.4, -2.0, 3.1, 2.8, 0.3]
slope, intercept, curve = 0.3, -0.2, 0.15
delta = 1.0
lam = 0.1
rate = 0.05


def predict(x):
    return slope * x + intercept + curve * math.sin(slope * x)


def cost():
    total = 0.0
    for x, y in zip(xs, ys):
        r = predict(x) - y
        if abs(r) <= delta:
            total += 0.5 * r * r
        else:
            total += delta * (abs(r) - 0.5 * delta)
    return total / len(xs) + lam * slope**2


def gradient_step():
    global slope, intercept, curve
    d_slope = d_intercept = d_curve = 0.0
    for x, y in zip(xs, ys):
        r = predict(x) - y
        g = max(-delta, min(delta, r))
        d_slope += g * x
        d_slope += g * curve * math.cos(slope * x) * x
        d_curve += g * math.sin(slope * x)
        d_intercept += g
    n = len(xs)
    new_slope = slope - rate * (d_slope / n + 2 * lam * slope)
    new_intercept = intercept - rate * d_intercept / n
    new_curve = curve - rate * d_curve / n
    slope, intercept, curve = new_slope, new_intercept, new_curve


# ---- problem
def problem():
    return dict(names=["slope", "intercept", "curve"], loss=cost, step=gradient_step, lr=rate)


FAULTS = """
loss-gradient | g = max(-delta, min(delta, r)) | g = r
loss-gradient | g = max(-delta, min(delta, r)) | g = r if abs(r) <= delta else delta
missing-term | d_slope += g * curve * math.cos(slope * x) * x |
accumulation | d_intercept += g | d_intercept = g
accumulation | d_slope += g * curve * math.cos(slope * x) * x | d_slope = g * curve * math.cos(slope * x) * x
scale | new_intercept = intercept - rate * d_intercept / n | new_intercept = intercept - rate * d_intercept
regulariser | new_slope = slope - rate * (d_slope / n + 2 * lam * slope) | new_slope = slope - rate * (d_slope / n + lam * slope)
regulariser | new_slope = slope - rate * (d_slope / n + 2 * lam * slope) | new_slope = slope - rate * d_slope / n
wrong-operand | d_slope += g * x | d_slope += g * y
"""
