import numpy as np

# Elman network with np.matrix, everything in columns
r = np.random.RandomState(19)
U = np.matrix(r.normal(0, 0.6, (4, 2)))
V = np.matrix(r.normal(0, 0.5, (4, 4)))
b = np.matrix(r.normal(0, 0.2, (4, 1)))
C = np.matrix(r.normal(0, 0.8, (3, 4)))
c = np.matrix(r.normal(0, 0.2, (3, 1)))
song = [np.matrix(r.normal(0, 1, (2, 1))) for _ in range(5)]
notes = [0, 2, 1, 1, 2]


def softmax(v):
    e = np.exp(v - v.max())
    return e / e.sum()


def play():
    states, probs = [np.matrix(np.zeros((4, 1)))], []
    for x in song:
        states.append(np.tanh(U * x + V * states[-1] + b))
        probs.append(softmax(C * states[-1] + c))
    return states, probs


def surprise():
    _, probs = play()
    return -sum(np.log(p[note, 0]) for p, note in zip(probs, notes)) / len(notes)


def slopes():
    states, probs = play()
    dU, dV, db, dC, dc = [np.matrix(np.zeros(m.shape)) for m in (U, V, b, C, c)]
    later = np.matrix(np.zeros((4, 1)))
    for t in range(len(song) - 1, -1, -1):
        d = probs[t].copy()
        d[notes[t], 0] -= 1.0
        d = d / len(notes)
        dC += d * states[t + 1].T
        dc += d
        ds = C.T * d + later
        da = np.multiply(1 - np.square(states[t + 1]), ds)
        dU += da * song[t].T
        dV += da * states[t].T
        db += da
        later = V.T * da
    return dU, dV, db, dC, dc


# ---- problem
def problem():
    return dict(loss=lambda: float(surprise()), params=[U, V, b, C, c], grads=slopes)


FAULTS = """
scale | d = d / len(notes) | d = d * 1.0
sign | d[notes[t], 0] -= 1.0 | d[notes[t], 0] += 1.0
indexing | d[notes[t], 0] -= 1.0 | d[notes[t - 1], 0] -= 1.0
recurrence | ds = C.T * d + later | ds = C.T * d
wrong-operand | dV += da * states[t].T | dV += da * states[t + 1].T
wrong-operand | dC += d * states[t + 1].T | dC += d * states[t].T
activation-derivative-at-wrong-value | da = np.multiply(1 - np.square(states[t + 1]), ds) | da = np.multiply(1 - np.square(states[t]), ds)
transpose | later = V.T * da | later = V * da
missing-activation-derivative | later = V.T * da | later = V.T * ds
missing-activation-derivative | da = np.multiply(1 - np.square(states[t + 1]), ds) | da = ds
accumulation | dU += da * song[t].T | dU = da * song[t].T
recurrence | for t in range(len(song) - 1, -1, -1): | for t in range(len(song)):
"""
