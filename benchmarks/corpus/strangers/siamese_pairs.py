# Siamese network on pairs, one pair after the other (contrastive loss, margin)
import numpy as np


def dense(w, b, v):
    return np.dot(w, v) + b


class SiameseNet(object):
    def __init__(self, n_in, n_hid, n_emb, margin, random_state):
        rs = np.random.RandomState(random_state)
        self.W_hid = rs.uniform(-1, 1, (n_hid, n_in))
        self.b_hid = rs.uniform(-.3, .3, n_hid)
        self.W_emb = rs.uniform(-1, 1, (n_emb, n_hid))
        self.b_emb = rs.uniform(-.3, .3, n_emb)
        self.margin = margin

    def embed(self, v):
        hid = np.tanh(dense(self.W_hid, self.b_hid, v))
        return hid, dense(self.W_emb, self.b_emb, hid)

    def pair_loss(self, left, right, same):
        _, e_left = self.embed(left)
        _, e_right = self.embed(right)
        dist = np.linalg.norm(e_left - e_right)
        if same:
            return 0.5 * dist ** 2
        return 0.5 * max(0.0, self.margin - dist) ** 2

    def total_loss(self, pairs):
        return sum(self.pair_loss(*pair) for pair in pairs) / len(pairs)

    def zero_grad(self):
        self.gW_hid = np.zeros(self.W_hid.shape)
        self.gb_hid = np.zeros(self.b_hid.shape)
        self.gW_emb = np.zeros(self.W_emb.shape)
        self.gb_emb = np.zeros(self.b_emb.shape)

    def push(self, v, hid, d_emb):
        self.gW_emb += np.outer(d_emb, hid)
        self.gb_emb += d_emb
        d_hid = np.dot(self.W_emb.T, d_emb)
        d_pre = d_hid * (1.0 - hid * hid)
        self.gW_hid += np.outer(d_pre, v)
        self.gb_hid += d_pre

    def compute_gradients(self, pairs):
        self.zero_grad()
        for left, right, same in pairs:
            h_left, e_left = self.embed(left)
            h_right, e_right = self.embed(right)
            diff = e_left - e_right
            dist = np.linalg.norm(diff)
            if same:
                d = diff
            elif dist < self.margin:
                d = -(self.margin - dist) * diff / dist
            else:
                d = np.zeros_like(diff)
            d = d / len(pairs)
            self.push(left, h_left, d)
            self.push(right, h_right, -d)
        return dict(W_hid=self.gW_hid, b_hid=self.gb_hid, W_emb=self.gW_emb, b_emb=self.gb_emb)


# ---- problem
def problem():
    net = SiameseNet(3, 4, 2, 2.5, 17)
    rs = np.random.RandomState(4)
    pairs = [(rs.randn(3), rs.randn(3), bool(i % 2)) for i in range(8)]
    net.b_hid += 0.1
    params = {n: getattr(net, n) for n in ('W_hid', 'b_hid', 'W_emb', 'b_emb')}
    return dict(loss=lambda: net.total_loss(pairs), params=params,
                grads=lambda: net.compute_gradients(pairs))


FAULTS = """
sign | self.push(right, h_right, -d) | self.push(right, h_right, d)
missing-term | self.push(right, h_right, -d) |
wrong-operand | self.push(right, h_right, -d) | self.push(right, h_left, -d)
accumulation | self.gW_hid += np.outer(d_pre, v) | self.gW_hid = np.outer(d_pre, v)
loss-gradient | d = -(self.margin - dist) * diff / dist | d = -(self.margin - dist) * diff
sign | d = -(self.margin - dist) * diff / dist | d = (self.margin - dist) * diff / dist
wrong-activation-derivative | d_pre = d_hid * (1.0 - hid * hid) | d_pre = d_hid * hid * (1.0 - hid)
scale | d = d / len(pairs) |
"""
