# Port of my nnet.R to Python (I am a biostatistician, sorry for the style)
# one hidden layer, logistic units, cross entropy, weight decay, like nnet::nnet(size = 4, decay = 5e-3)
import numpy as np
from numpy import exp, log, tanh, zeros, ones, hstack, outer, sum, dot

np.random.seed(123)

# ---- data: dose response --------------------------------------------------
n_obs = 80
dose = np.random.uniform(0, 4, n_obs)
age = np.random.normal(50, 10, n_obs)
age_c = (age - 50) / 10
lin_pred = 1.5 * (dose - 2) ** 2 - 2 + 0.5 * age_c
response = np.random.binomial(1, 1 / (1 + exp(-lin_pred)))
x_mat = np.column_stack((dose - 2, age_c))

# ---- weights in one long vector, as in R ----------------------------------
n_in = 2
n_hid = 4
n_wts = (n_in + 1) * n_hid + (n_hid + 1)
wts = np.random.uniform(-0.7, 0.7, n_wts)
decay = 5e-3


def unpack(wts):
    cut = (n_in + 1) * n_hid
    alpha = wts[:cut].reshape(n_in + 1, n_hid)
    beta = wts[cut:]
    return alpha, beta


def fit_criterion(wts):
    alpha, beta = unpack(wts)
    hid = 1 / (1 + exp(-(dot(x_mat, alpha[1:]) + alpha[0])))
    eta = beta[0] + dot(hid, beta[1:])
    mu = 1 / (1 + exp(-eta))
    dev = -sum(response * log(mu) + (1 - response) * log(1 - mu))
    return dev + decay * sum(wts ** 2)


def fit_gradient(wts):
    alpha, beta = unpack(wts)
    hid = 1 / (1 + exp(-(dot(x_mat, alpha[1:]) + alpha[0])))
    eta = beta[0] + dot(hid, beta[1:])
    mu = 1 / (1 + exp(-eta))
    resid = mu - response
    d_beta = zeros(n_hid + 1)
    d_beta[0] = sum(resid)
    d_beta[1:] = dot(resid, hid)
    d_hid = outer(resid, beta[1:]) * hid * (1 - hid)
    d_alpha = zeros((n_in + 1, n_hid))
    d_alpha[0] = sum(d_hid, axis=0)
    d_alpha[1:] = dot(x_mat.T, d_hid)
    grad = np.concatenate((d_alpha.ravel(), d_beta))
    return grad + 2 * decay * wts


# ---- plain gradient descent with backtracking (poor man's optim) ----------
step_size = 0.1
value = fit_criterion(wts)
trace = [value]
for iteration in range(1, 201):
    grad = fit_gradient(wts)
    while True:
        proposal = wts - step_size * grad
        new_value = fit_criterion(proposal)
        if new_value < value or step_size < 1e-10:
            break
        step_size = step_size / 2
    wts, value = proposal, new_value
    step_size = min(step_size * 1.2, 1.0)
    trace.append(value)
    if iteration % 50 == 0:
        print("iter %4d value %f" % (iteration, value))
print("final value %f" % value)

FAULTS = """
missing-term | d_beta[1:] = dot(resid, hid) | d_beta[1:] = dot(resid, hid * (1 - hid))
missing-activation-derivative | d_hid = outer(resid, beta[1:]) * hid * (1 - hid) | d_hid = outer(resid, beta[1:])
off-by-one | d_hid = outer(resid, beta[1:]) * hid * (1 - hid) | d_hid = outer(resid, beta[:-1]) * hid * (1 - hid)
wrong-factor | return grad + 2 * decay * wts | return grad + decay * wts
wrong-sign | resid = mu - response | resid = response - mu
missing-term | d_alpha[0] = sum(d_hid, axis=0) | d_alpha[0] = d_hid[0]
"""
