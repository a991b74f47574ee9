"""LSTM à judas (peephole), une séquence à la fois ; prédit le débit de la Garonne au pas suivant."""
import numpy as np


def sig(u):
    return 1. / (1. + np.exp(-u))


def initialiser(n_e, n_c, graine):
    alea = np.random.RandomState(graine)
    p = {}
    for porte in 'ifog':
        p['W' + porte] = alea.randn(n_c, n_e) * .6
        p['R' + porte] = alea.randn(n_c, n_c) * .4
        p['b' + porte] = alea.randn(n_c) * .2
    for porte in 'ifo':
        p['p' + porte] = alea.randn(n_c) * .5   # judas : l'état de cellule vu par les portes
    p['Wy'] = alea.randn(n_c) * .8
    p['by'] = np.zeros(1) + .1
    return p


def avant(p, xs):
    n_c = len(p['bi'])
    h, c = np.zeros(n_c), np.zeros(n_c)
    memoire, sorties = [], []
    for x in xs:
        hp, cp = h, c
        i = sig(p['Wi'] @ x + p['Ri'] @ hp + p['pi'] * cp + p['bi'])
        f = sig(p['Wf'] @ x + p['Rf'] @ hp + p['pf'] * cp + p['bf'])
        g = np.tanh(p['Wg'] @ x + p['Rg'] @ hp + p['bg'])
        c = f * cp + i * g
        o = sig(p['Wo'] @ x + p['Ro'] @ hp + p['po'] * c + p['bo'])   # la porte de sortie voit c, pas cp
        h = o * np.tanh(c)
        sorties.append(p['Wy'] @ h + p['by'][0])
        memoire.append((x, hp, cp, i, f, g, o, c, h))
    return np.array(sorties), memoire


def perte(p, xs, ys):
    s, _ = avant(p, xs)
    return np.sum((s - ys) ** 2) / len(ys)


def arriere(p, xs, ys):
    s, memoire = avant(p, xs)
    d = {k: np.zeros_like(v) for k, v in p.items()}
    dh_suiv = np.zeros_like(p['bi'])
    dc_suiv = np.zeros_like(p['bi'])
    for t in range(len(xs) - 1, -1, -1):
        x, hp, cp, i, f, g, o, c, h = memoire[t]
        ds = 2 * (s[t] - ys[t]) / len(ys)
        d['Wy'] += ds * h
        d['by'] += ds
        dh = ds * p['Wy'] + dh_suiv
        th = np.tanh(c)
        zo = dh * th * o * (1 - o)
        dc = dc_suiv + dh * o * (1 - th * th) + zo * p['po']
        zi = dc * g * i * (1 - i)
        zf = dc * cp * f * (1 - f)
        zg = dc * i * (1 - g * g)
        for porte, z in zip('ifog', (zi, zf, zo, zg)):
            d['W' + porte] += np.outer(z, x)
            d['R' + porte] += np.outer(z, hp)
            d['b' + porte] += z
        d['pi'] += zi * cp
        d['pf'] += zf * cp
        d['po'] += zo * c
        dh_suiv = p['Ri'].T @ zi + p['Rf'].T @ zf + p['Ro'].T @ zo + p['Rg'].T @ zg
        dc_suiv = dc * f + zi * p['pi'] + zf * p['pf']
    return d


# ---- problem
def problem():
    p = initialiser(2, 3, 4)
    alea = np.random.RandomState(5)
    xs, ys = alea.randn(5, 2), alea.randn(5)
    return dict(loss=lambda: perte(p, xs, ys), params=p, grads=lambda: arriere(p, xs, ys))


FAULTS = """
missing-term | dc = dc_suiv + dh * o * (1 - th * th) + zo * p['po'] | dc = dc_suiv + dh * o * (1 - th * th)
wrong-operand | d['po'] += zo * c | d['po'] += zo * cp
recurrence | dc_suiv = dc * f + zi * p['pi'] + zf * p['pf'] | dc_suiv = dc * f
transpose | dh_suiv = p['Ri'].T @ zi + p['Rf'].T @ zf + p['Ro'].T @ zo + p['Rg'].T @ zg | dh_suiv = p['Ri'].T @ zi + p['Rf'].T @ zf + p['Ro'].T @ zo + p['Rg'] @ zg
swapped-gradients | for porte, z in zip('ifog', (zi, zf, zo, zg)): | for porte, z in zip('ifog', (zi, zf, zg, zo)):
wrong-operand | d['R' + porte] += np.outer(z, hp) | d['R' + porte] += np.outer(z, h)
"""
