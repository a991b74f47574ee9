"""Insurance claims: Gamma severity with log link, shape modelled too (dispersion regression), elastic net."""
import math

import numpy as np


def digamma(x):
    total = 0.0
    while x < 8:
        total -= 1 / x
        x += 1
    inv = 1 / (x * x)
    return total + math.log(x) - 0.5 / x - inv * (1 / 12 - inv * (1 / 120 - inv / 252))


vec_digamma = np.vectorize(digamma)
vec_lgamma = np.vectorize(math.lgamma)


class GammaRegression:
    def __init__(self, claims, covariates, dispersion_covariates, alpha=0.02, l1_ratio=0.4):
        self.y, self.X, self.Z = claims, covariates, dispersion_covariates
        self.alpha, self.l1_ratio = alpha, l1_ratio

    def linear_predictors(self, coef):
        return self.X @ coef["beta"] + coef["intercept"], self.Z @ coef["gamma"]

    def penalty(self, beta):
        l1 = np.abs(beta).sum()
        l2 = 0.5 * np.sum(beta ** 2)
        return self.alpha * (self.l1_ratio * l1 + (1 - self.l1_ratio) * l2)

    def objective(self, coef):
        eta, zeta = self.linear_predictors(coef)
        mu, nu = np.exp(eta), np.exp(zeta)
        loglik = (nu * (zeta - eta) - vec_lgamma(nu) + (nu - 1) * np.log(self.y) - nu * self.y / mu)
        return -loglik.mean() + self.penalty(coef["beta"])

    def score(self, coef):
        eta, zeta = self.linear_predictors(coef)
        mu, nu = np.exp(eta), np.exp(zeta)
        n = len(self.y)
        d_eta = nu * (1 - self.y / mu) / n
        d_nu = -(zeta - eta + 1 - vec_digamma(nu) + np.log(self.y) - self.y / mu) / n
        d_zeta = d_nu * nu
        beta = coef["beta"]
        shrink = self.alpha * (self.l1_ratio * np.sign(beta) + (1 - self.l1_ratio) * beta)
        return {
            "beta": self.X.T @ d_eta + shrink,
            "intercept": d_eta.sum(),
            "gamma": self.Z.T @ d_zeta,
        }


# ---- problem
def problem():
    rng = np.random.default_rng(1662)
    X = rng.normal(size=(15, 3))
    Z = np.column_stack([np.ones(15), rng.normal(size=15)])
    y = rng.gamma(2.0, np.exp(0.3 * X[:, 0]))
    model = GammaRegression(y, X, Z)
    coef = {"beta": rng.normal(size=3) / 3 + 0.2, "intercept": 0.4, "gamma": rng.normal(size=2) / 3}
    return dict(loss=model.objective, params=coef, grads=model.score)


FAULTS = """
regulariser | "beta": self.X.T @ d_eta + shrink, | "beta": self.X.T @ d_eta,
regulariser | shrink = self.alpha * (self.l1_ratio * np.sign(beta) + (1 - self.l1_ratio) * beta) | shrink = self.alpha * (1 - self.l1_ratio) * beta
bias-reduction | "intercept": d_eta.sum(), | "intercept": d_eta.mean(),
loss-gradient | d_eta = nu * (1 - self.y / mu) / n | d_eta = nu * (mu - self.y) / n
missing-activation-derivative | d_zeta = d_nu * nu | d_zeta = d_nu
wrong-operand | "gamma": self.Z.T @ d_zeta, | "gamma": self.Z.T @ d_eta,
"""
