# -*- coding: utf-8 -*-
# CNN com im2col (duas classes: círculo x quadrado) - trabalho final de Visão Computacional
import numpy as np

np.random.seed(55)


def desenhar(n, lado=10):
    imagens = np.zeros((n, 1, lado, lado))
    rotulos = np.random.randint(0, 2, n)
    yy, xx = np.mgrid[:lado, :lado]
    for i in range(n):
        cx, cy = np.random.uniform(3.5, 5.5, 2)
        r = np.random.uniform(2, 3)
        if rotulos[i]:
            imagens[i, 0] = np.maximum(abs(xx - cx), abs(yy - cy)) < r
        else:
            imagens[i, 0] = (xx - cx) ** 2 + (yy - cy) ** 2 < r ** 2
    return imagens + 0.1 * np.random.randn(*imagens.shape), rotulos


def im2col(x, k, passo):
    n, c, h, w = x.shape
    ho, wo = (h - k) // passo + 1, (w - k) // passo + 1
    col = np.empty((n, ho, wo, c * k * k))
    for i in range(ho):
        for j in range(wo):
            col[:, i, j] = x[:, :, i * passo:i * passo + k, j * passo:j * passo + k].reshape(n, -1)
    return col


def col2im(dcol, forma, k, passo):
    n, c, h, w = forma
    dx = np.zeros(forma)
    for i in range(dcol.shape[1]):
        for j in range(dcol.shape[2]):
            dx[:, :, i * passo:i * passo + k, j * passo:j * passo + k] += dcol[:, i, j].reshape(n, c, k, k)
    return dx


class Convolucao:
    def __init__(self, entrada, saida, k, passo=1):
        self.W = np.random.randn(entrada * k * k, saida) * np.sqrt(2 / (entrada * k * k))
        self.b = np.zeros(saida)
        self.k, self.passo = k, passo

    def frente(self, x):
        self.forma = x.shape
        self.col = im2col(x, self.k, self.passo)
        return (self.col @ self.W + self.b).transpose(0, 3, 1, 2)

    def tras(self, d):
        d = d.transpose(0, 2, 3, 1)
        self.dW = np.tensordot(self.col, d, axes=([0, 1, 2], [0, 1, 2]))
        self.db = d.sum(axis=(0, 1, 2))
        return col2im(d @ self.W.T, self.forma, self.k, self.passo)


class ReLU:
    def frente(self, x):
        self.x = x
        return np.maximum(x, 0)

    def tras(self, d):
        return d * (self.x > 0)


class MediaGlobal:
    def frente(self, x):
        self.forma = x.shape
        return x.mean(axis=(2, 3))

    def tras(self, d):
        n, c, h, w = self.forma
        return np.broadcast_to(d[:, :, None, None], self.forma) / (h * w)


class Densa:
    def __init__(self, entrada, saida):
        self.W = np.random.randn(entrada, saida) * 0.5
        self.b = np.zeros(saida)

    def frente(self, x):
        self.x = x
        return x @ self.W + self.b

    def tras(self, d):
        self.dW, self.db = self.x.T @ d, d.sum(axis=0)
        return d @ self.W.T


camadas = [Convolucao(1, 4, 3), ReLU(), Convolucao(4, 6, 3, passo=2), ReLU(), MediaGlobal(), Densa(6, 1)]
X, y = desenhar(96)
taxa = 0.3
for epoca in range(8):
    perdas = []
    for ini in range(0, len(X), 16):
        saida, alvo = X[ini:ini + 16], y[ini:ini + 16, None]
        for camada in camadas:
            saida = camada.frente(saida)
        perda = np.mean(np.log1p(np.exp(saida)) - alvo * saida)
        perdas.append(perda)
        d = (1 / (1 + np.exp(-saida)) - alvo) / len(alvo)
        for camada in reversed(camadas):
            d = camada.tras(d)
        for camada in camadas:
            if hasattr(camada, 'W'):
                camada.W -= taxa * camada.dW
                camada.b -= taxa * camada.db
    print('época', epoca + 1, 'perda média', np.mean(perdas).round(4))

FAULTS = """
overwritten | dx[:, :, i * passo:i * passo + k, j * passo:j * passo + k] += dcol[:, i, j].reshape(n, c, k, k) | dx[:, :, i * passo:i * passo + k, j * passo:j * passo + k] = dcol[:, i, j].reshape(n, c, k, k)
missing-factor | return np.broadcast_to(d[:, :, None, None], self.forma) / (h * w) | return np.broadcast_to(d[:, :, None, None], self.forma)
wrong-mask | return d * (self.x > 0) | return d * (d > 0)
mean-for-sum | self.db = d.sum(axis=(0, 1, 2)) | self.db = d.mean(axis=(0, 1, 2))
wrong-gradient | camada.b -= taxa * camada.db | camada.b -= taxa * camada.dW.mean(axis=0)
missing-factor | d = (1 / (1 + np.exp(-saida)) - alvo) / len(alvo) | d = 1 / (1 + np.exp(-saida)) - alvo
"""
