import numpy as np

# GRU for predicting the next value of a short series, one sequence at a time


def sigm(v):
    return 1 / (1 + np.exp(-v))


class GRU:
    def __init__(self, nx, nh, ny, seed=8):
        r = np.random.default_rng(seed)
        s = 0.6
        self.p = {}
        for gate in 'zrh':
            self.p['W' + gate] = s * r.standard_normal((nh, nx))
            self.p['U' + gate] = s * r.standard_normal((nh, nh))
            self.p['b' + gate] = 0.2 * r.standard_normal(nh)
        self.p['V'] = s * r.standard_normal((ny, nh))
        self.p['c'] = 0.2 * r.standard_normal(ny)
        self.nh = nh

    def forward(self, xs, ts):
        p, h = self.p, np.zeros(self.nh)
        self.steps = []
        E = 0.0
        for x, t in zip(xs, ts):
            z = sigm(p['Wz'] @ x + p['Uz'] @ h + p['bz'])
            r = sigm(p['Wr'] @ x + p['Ur'] @ h + p['br'])
            hh = np.tanh(p['Wh'] @ x + p['Uh'] @ (r * h) + p['bh'])
            hn = (1 - z) * h + z * hh
            y = p['V'] @ hn + p['c']
            E += 0.5 * np.sum((y - t) ** 2)
            self.steps.append(dict(x=x, t=t, h=h, z=z, r=r, hh=hh, hn=hn, y=y))
            h = hn
        return E

    def backward(self, xs, ts):
        self.forward(xs, ts)
        p = self.p
        g = {k: np.zeros_like(v) for k, v in p.items()}
        dh_next = np.zeros(self.nh)
        for s in reversed(self.steps):
            dy = s['y'] - s['t']
            g['V'] += np.outer(dy, s['hn'])
            g['c'] += dy
            dh = p['V'].T @ dy + dh_next

            dhh = dh * s['z']
            dahh = dhh * (1 - s['hh'] ** 2)
            drh = p['Uh'].T @ dahh
            dr = drh * s['h']
            dar = dr * s['r'] * (1 - s['r'])
            dz = dh * (s['hh'] - s['h'])
            daz = dz * s['z'] * (1 - s['z'])

            for gate, d in (('z', daz), ('r', dar), ('h', dahh)):
                g['W' + gate] += np.outer(d, s['x'])
                g['b' + gate] += d
            g['Uz'] += np.outer(daz, s['h'])
            g['Ur'] += np.outer(dar, s['h'])
            g['Uh'] += np.outer(dahh, s['r'] * s['h'])

            dh_next = dh * (1 - s['z'])
            dh_next += drh * s['r']
            dh_next += p['Uz'].T @ daz + p['Ur'].T @ dar
        return g


r = np.random.default_rng(3)
series = r.standard_normal((6, 2))
xs, ts = series[:-1], series[1:, :1]
net = GRU(2, 3, 1)


# ---- problem
def problem():
    return dict(
        loss=lambda: net.forward(xs, ts), params=net.p, grads=lambda: net.backward(xs, ts)
    )


FAULTS = """
recurrence | dh = p['V'].T @ dy + dh_next | dh = p['V'].T @ dy
wrong-operand | g['Uh'] += np.outer(dahh, s['r'] * s['h']) | g['Uh'] += np.outer(dahh, s['h'])
missing-term | dh_next += drh * s['r'] |
missing-term | dh_next += p['Uz'].T @ daz + p['Ur'].T @ dar | dh_next += p['Uz'].T @ daz
sign | dz = dh * (s['hh'] - s['h']) | dz = dh * (s['h'] - s['hh'])
wrong-activation-derivative | dahh = dhh * (1 - s['hh'] ** 2) | dahh = dhh * s['hh'] * (1 - s['hh'])
missing-activation-derivative | dar = dr * s['r'] * (1 - s['r']) | dar = dr
wrong-operand | dh_next = dh * (1 - s['z']) | dh_next = dh * (1 - s['r'])
transpose | drh = p['Uh'].T @ dahh | drh = p['Uh'] @ dahh
missing-gradient | g['b' + gate] += d |
"""
