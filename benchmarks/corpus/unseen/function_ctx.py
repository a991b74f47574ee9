import numpy as np


class Context:
    def save(self, *things):
        self.saved = things


class Function:
    """forward and backward as static methods; apply records the call on a global tape"""

    @classmethod
    def apply(cls, *inputs):
        ctx = Context()
        out = Tensor(cls.forward(ctx, *[t.data for t in inputs]))
        TAPE.append((cls, ctx, inputs, out))
        return out


class Tensor:
    def __init__(self, data):
        self.data = np.asarray(data, dtype=float)
        self.grad = None

    def __matmul__(self, other):
        return MatMul.apply(self, other)

    def __add__(self, other):
        return Add.apply(self, other)

    def __mul__(self, other):
        return Mul.apply(self, other)


TAPE = []


def unbroadcast(grad, shape):
    while grad.ndim > len(shape):
        grad = grad.sum(axis=0)
    for axis, size in enumerate(shape):
        if size == 1 and grad.shape[axis] != 1:
            grad = grad.sum(axis=axis, keepdims=True)
    return grad


class MatMul(Function):
    @staticmethod
    def forward(ctx, a, b):
        ctx.save(a, b)
        return a @ b

    @staticmethod
    def backward(ctx, g):
        a, b = ctx.saved
        return g @ b.T, a.T @ g


class Add(Function):
    @staticmethod
    def forward(ctx, a, b):
        ctx.save(a.shape, b.shape)
        return a + b

    @staticmethod
    def backward(ctx, g):
        sa, sb = ctx.saved
        return unbroadcast(g, sa), unbroadcast(g, sb)


class Mul(Function):
    @staticmethod
    def forward(ctx, a, b):
        ctx.save(a, b)
        return a * b

    @staticmethod
    def backward(ctx, g):
        a, b = ctx.saved
        return unbroadcast(g * b, a.shape), unbroadcast(g * a, b.shape)


class Mish(Function):
    @staticmethod
    def forward(ctx, x):
        t = np.tanh(np.log1p(np.exp(x)))
        ctx.save(x, t)
        return x * t

    @staticmethod
    def backward(ctx, g):
        x, t = ctx.saved
        return (g * (t + x * (1 - t**2) / (1 + np.exp(-x))),)


class SoftmaxNLL(Function):
    @staticmethod
    def forward(ctx, s, onehot):
        p = np.exp(s - s.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
        ctx.save(p, onehot)
        return -np.mean(np.sum(onehot * np.log(p), axis=1))

    @staticmethod
    def backward(ctx, g):
        p, onehot = ctx.saved
        return g * (p - onehot) / len(p), None


gen = np.random.default_rng(3030)
x = Tensor(gen.normal(size=(6, 3)))
target = Tensor(np.eye(3)[gen.integers(0, 3, 6)])
w = {
    'W1': Tensor(gen.normal(size=(3, 4))), 'b1': Tensor(gen.normal(size=(1, 4)) * 0.2),
    'gate': Tensor(gen.normal(size=4)), 'Wr': Tensor(gen.normal(size=(4, 4)) * 0.5),
    'W2': Tensor(gen.normal(size=(4, 3))), 'b2': Tensor(gen.normal(size=3) * 0.2),
}


def forward():
    TAPE.clear()
    h = Mish.apply(x @ w['W1'] + w['b1'])
    h = h + Mish.apply(h @ w['Wr']) * w['gate']
    return SoftmaxNLL.apply(h @ w['W2'] + w['b2'], target)


def backward():
    root = forward()
    for t in w.values():
        t.grad = None
    root.grad = np.ones(())
    for cls, ctx, inputs, out in reversed(TAPE):
        for t, g in zip(inputs, cls.backward(ctx, out.grad)):
            if g is not None:
                t.grad = g if t.grad is None else t.grad + g
    return {k: t.grad for k, t in w.items()}


# ---- problem
def problem():
    return dict(
        loss=lambda: forward().data, params={k: t.data for k, t in w.items()}, grads=backward
    )


FAULTS = """
accumulation | t.grad = g if t.grad is None else t.grad + g | t.grad = g
wrong-activation-derivative | (g * (t + x * (1 - t**2) / (1 + np.exp(-x))),) | (g * (t + x * (1 - t**2)),)
activation-derivative-at-wrong-value | (g * (t + x * (1 - t**2) / (1 + np.exp(-x))),) | (g * (t + x * (1 - t**2) / (1 + np.exp(-t))),)
wrong-operand | return unbroadcast(g * b, a.shape), unbroadcast(g * a, b.shape) | return unbroadcast(g * a, a.shape), unbroadcast(g * b, b.shape)
bias-reduction | grad = grad.sum(axis=0) | grad = grad.mean(axis=0)
bias-reduction | grad = grad.sum(axis=axis, keepdims=True) | grad = grad[:1]
scale | return g * (p - onehot) / len(p), None | return g * (p - onehot), None
"""
