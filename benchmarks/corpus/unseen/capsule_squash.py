"""Capsules without routing: u_hat = W u, mean over inputs, squash, margin loss on the lengths."""
import numpy as np

rng = np.random.default_rng(2017)
N, I, J, DI, DO = 3, 4, 3, 2, 3      # batch, input capsules, output capsules, dimensions
U = rng.normal(size=(N, I, DI))
LABELS = np.eye(J)[[0, 2, 1]]
M_PLUS, M_MINUS, LAMBDA = 0.9, 0.1, 0.5

caps = {
    'W': rng.normal(size=(I, J, DO, DI)),
    'B': rng.normal(size=(J, DO)) * 0.3,
    'coupling': rng.normal(size=(I, J)) * 0.5,
}


def soft(c):
    e = np.exp(c)
    return e / e.sum(axis=1, keepdims=True)


def forward(caps):
    c = soft(caps['coupling'])
    u_hat = np.einsum('ijab,nib->nija', caps['W'], U)
    s = np.einsum('ij,nija->nja', c, u_hat) + caps['B']
    sq = np.sum(s**2, axis=-1, keepdims=True)
    norm = np.sqrt(sq)
    v = s * norm / (1 + sq)
    length = np.sqrt(np.sum(v**2, axis=-1))
    return c, u_hat, s, sq, norm, v, length


def margin_loss(caps):
    length = forward(caps)[-1]
    pos = LABELS * np.maximum(0, M_PLUS - length) ** 2
    neg = LAMBDA * (1 - LABELS) * np.maximum(0, length - M_MINUS) ** 2
    return np.sum(pos + neg) / N


def margin_grad(caps):
    c, u_hat, s, sq, norm, v, length = forward(caps)
    dlength = -2 * LABELS * np.maximum(0, M_PLUS - length)
    dlength += 2 * LAMBDA * (1 - LABELS) * np.maximum(0, length - M_MINUS)
    dv = (dlength / length)[..., None] * v / N

    # v = s * f(|s|) with f = |s| / (1 + |s|^2)
    f = norm / (1 + sq)
    df = (1 - sq) / (1 + sq) ** 2
    ds = f * dv + df * s / norm * np.sum(s * dv, axis=-1, keepdims=True)

    dc = np.einsum('nja,nija->ij', ds, u_hat)
    du_hat = np.einsum('nja,ij->nija', ds, c)
    return {
        'W': np.einsum('nija,nib->ijab', du_hat, U),
        'B': ds.sum(axis=0),
        'coupling': c * (dc - np.sum(c * dc, axis=1, keepdims=True)),
    }


# ---- problem
def problem():
    return dict(loss=margin_loss, params=caps, grads=margin_grad)


FAULTS = """
missing-term | ds = f * dv + df * s / norm * np.sum(s * dv, axis=-1, keepdims=True) | ds = f * dv
wrong-activation-derivative | df = (1 - sq) / (1 + sq) ** 2 | df = (1 - sq) / (1 + sq)
softmax-jacobian | 'coupling': c * (dc - np.sum(c * dc, axis=1, keepdims=True)), | 'coupling': c * (1 - c) * dc,
sign | dlength = -2 * LABELS * np.maximum(0, M_PLUS - length) | dlength = 2 * LABELS * np.maximum(0, M_PLUS - length)
loss-gradient | dlength = -2 * LABELS * np.maximum(0, M_PLUS - length) | dlength = -LABELS * (length < M_PLUS)
wrong-operand | du_hat = np.einsum('nja,ij->nija', ds, c) | du_hat = np.einsum('nja,ij->nija', dv, c)
scale | dlength += 2 * LAMBDA * (1 - LABELS) * np.maximum(0, length - M_MINUS) | dlength += LAMBDA * (1 - LABELS) * np.maximum(0, length - M_MINUS)
"""
