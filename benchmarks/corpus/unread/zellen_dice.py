# Cell segmentation: conv 3x3 (im2col, padding same) -> ReLU6-ish clip -> conv 1x1 -> sigmoid; loss = BCE + soft Dice
# images (N, H, W, C) as in TF. Class written for the lab; do not touch before the paper is out :)
import numpy as np


def im2col(x, k):
    n, h, w, c = x.shape
    pad = k // 2
    xp = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    cols = np.empty((n, h, w, k, k, c))
    for dy in range(k):
        for dx in range(k):
            cols[:, :, :, dy, dx] = xp[:, dy:dy + h, dx:dx + w]
    return cols.reshape(n * h * w, k * k * c)


def col2im(cols, shape, k):
    n, h, w, c = shape
    pad = k // 2
    cols = cols.reshape(n, h, w, k, k, c)
    xp = np.zeros((n, h + 2 * pad, w + 2 * pad, c))
    for dy in range(k):
        for dx in range(k):
            xp[:, dy:dy + h, dx:dx + w] += cols[:, :, :, dy, dx]
    return xp[:, pad:-pad, pad:-pad]


class Segmenter:
    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        self.p = {"k1": rng.normal(size=(9, 2)) * 0.6, "c1": rng.normal(size=2) * 0.1,
                  "k2": rng.normal(size=(18, 2)) * 0.4, "c2": rng.normal(size=2) * 0.1,
                  "k3": rng.normal(size=(2, 1)), "c3": np.zeros(1)}

    def forward(self, img):
        p = self.p
        self.shape = img.shape[:3]
        self.col1 = im2col(img, 3)
        self.z1 = self.col1 @ p["k1"] + p["c1"]
        self.a1 = np.clip(self.z1, 0, 1.5)
        self.col2 = im2col(self.a1.reshape(*self.shape, 2), 3)
        self.z2 = self.col2 @ p["k2"] + p["c2"]
        self.a2 = np.clip(self.z2, 0, 1.5)
        return 1 / (1 + np.exp(-(self.a2 @ p["k3"] + p["c3"])))

    def loss(self, img, mask, smooth=1.0):
        prob = self.forward(img)[:, 0]
        y = mask.ravel()
        bce = -np.mean(y * np.log(prob) + (1 - y) * np.log(1 - prob))
        dice = (2 * np.sum(prob * y) + smooth) / (np.sum(prob) + np.sum(y) + smooth)
        return bce + 1 - dice

    def backward(self, img, mask, smooth=1.0):
        p = self.p
        prob = self.forward(img)[:, 0]
        y = mask.ravel()
        denom = np.sum(prob) + np.sum(y) + smooth
        inter = 2 * np.sum(prob * y) + smooth
        d_dice = 2 * y / denom - inter / denom ** 2
        d_logit = (prob - y) / len(y) - d_dice * prob * (1 - prob)
        d3 = d_logit[:, None]
        g = {"k3": self.a2.T @ d3, "c3": d3.sum(axis=0)}
        d2 = (d3 @ p["k3"].T) * ((self.z2 > 0) & (self.z2 < 1.5))
        g["k2"], g["c2"] = self.col2.T @ d2, d2.sum(axis=0)
        dcol = d2 @ p["k2"].T
        da1 = col2im(dcol, (*self.shape, 2), 3).reshape(-1, 2)
        d1 = da1 * ((self.z1 > 0) & (self.z1 < 1.5))
        g["k1"], g["c1"] = self.col1.T @ d1, d1.sum(axis=0)
        return g


# ---- problem
def problem():
    net = Segmenter(77)
    rng = np.random.default_rng(78)
    img = rng.normal(size=(2, 4, 3, 1))
    mask = (rng.uniform(size=(2, 4, 3)) < 0.4) * 1.0
    return dict(loss=lambda: net.loss(img, mask), params=net.p, grads=lambda: net.backward(img, mask))


FAULTS = """
missing-term | d_dice = 2 * y / denom - inter / denom ** 2 | d_dice = 2 * y / denom
sign | d_logit = (prob - y) / len(y) - d_dice * prob * (1 - prob) | d_logit = (prob - y) / len(y) + d_dice * prob * (1 - prob)
missing-activation-derivative | d_logit = (prob - y) / len(y) - d_dice * prob * (1 - prob) | d_logit = (prob - y) / len(y) - d_dice
scatter | xp[:, dy:dy + h, dx:dx + w] += cols[:, :, :, dy, dx] | xp[:, dy:dy + h, dx:dx + w] = cols[:, :, :, dy, dx]
wrong-activation-derivative | d1 = da1 * ((self.z1 > 0) & (self.z1 < 1.5)) | d1 = da1 * (self.z1 > 0)
indexing | return xp[:, pad:-pad, pad:-pad] | return xp[:, :h, :w]
indexing | xp[:, dy:dy + h, dx:dx + w] += cols[:, :, :, dy, dx] | xp[:, dy:dy + h, dx:dx + w] += cols[:, :, :, dx, dy]
"""
