import numpy as np


def dense(w, b):
    def run(x):
        def back(d, out):
            out[id(w)] = np.einsum("ni,no->io", x, d)
            out[id(b)] = np.einsum("no->o", d)
            return np.einsum("no,io->ni", d, w)

        return x @ w + b, back

    return run


def softplus():
    def run(x):
        return np.log1p(np.exp(x)), lambda d, _: d / (1 + np.exp(-x))

    return run


def residual(inner):
    def run(x):
        y, back_inner = inner(x)

        def back(d, out):
            return d + back_inner(d, out)

        return x + y, back

    return run


def chain(*parts):
    def run(x):
        backs = []
        for part in parts:
            x, back = part(x)
            backs.append(back)

        def back_all(d, out):
            for back in reversed(backs):
                d = back(d, out)
            return d

        return x, back_all

    return run


def mean_square(y, t):
    diff = y - t
    return np.mean(diff**2), 2 * diff / diff.size


# ---- problem
def problem():
    r = np.random.default_rng(12)
    arrays = [0.6 * r.standard_normal(s) for s in ((3, 4), (4,), (4, 4), (4,), (4, 2), (2,))]
    w1, b1, w2, b2, w3, b3 = arrays
    model = chain(
        dense(w1, b1), softplus(), residual(chain(dense(w2, b2), softplus())), dense(w3, b3)
    )
    x, t = r.standard_normal((5, 3)), r.standard_normal((5, 2))

    def grads():
        out = {}
        y, back = model(x)
        back(mean_square(y, t)[1], out)
        return [out[id(a)] for a in arrays]

    return dict(loss=lambda: mean_square(model(x)[0], t)[0], params=arrays, grads=grads)


FAULTS = """
missing-term | return d + back_inner(d, out) | return back_inner(d, out)
sign | lambda d, _: d / (1 + np.exp(-x)) | lambda d, _: d / (1 + np.exp(x))
missing-activation-derivative | lambda d, _: d / (1 + np.exp(-x)) | lambda d, _: d
scale | 2 * diff / diff.size | 2 * diff / len(diff)
scale | np.einsum("no->o", d) | np.einsum("no->o", d) / len(d)
sign | return np.mean(diff**2), 2 * diff / diff.size | return np.mean(diff**2), -2 * diff / diff.size
"""
