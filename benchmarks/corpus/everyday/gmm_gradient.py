# Mixture of two Gaussians by gradient on the marginal likelihood, responsibilities as in EM (statistician)
import numpy as np

set_seed = np.random.seed
set_seed(1701)

heights = np.concatenate([np.random.normal(165, 6, 90), np.random.normal(179, 7, 70)])
x = (heights - heights.mean()) / heights.std()

mu = np.array([-0.5, 0.5])
log_sd = np.array([0.0, 0.0])
eta = np.array([0.0, 0.0])          # softmax logits of the weights
eps = 0.2
old = -np.inf
for iteration in range(500):
    # E-like step
    log_w = eta - np.log(np.sum(np.exp(eta)))
    sd = np.exp(log_sd)
    z = (x[:, None] - mu) / sd
    log_joint = log_w - 0.5 * z ** 2 - log_sd - 0.5 * np.log(2 * np.pi)
    log_marg = np.logaddexp(log_joint[:, 0], log_joint[:, 1])
    loglik = log_marg.mean()
    resp = np.exp(log_joint - log_marg[:, None])
    # gradient (ascent) instead of the M step
    g_mu = (resp * z / sd).mean(axis=0)
    g_log_sd = (resp * (z ** 2 - 1)).mean(axis=0)
    g_eta = (resp - np.exp(log_w)).mean(axis=0)
    mu = mu + eps * g_mu
    log_sd = log_sd + eps * g_log_sd
    eta = eta + eps * g_eta
    if iteration % 100 == 0:
        print("iteration", iteration, "mean loglik", round(loglik, 6))
    if loglik - old < 1e-8:
        break
    old = loglik

print("means", (mu * heights.std() + heights.mean()).round(1), "sd", (sd * heights.std()).round(1))
print("weights", np.exp(log_w).round(3))

FAULTS = """
missing-factor | g_mu = (resp * z / sd).mean(axis=0) | g_mu = (resp * z).mean(axis=0)
wrong-sign | g_mu = (resp * z / sd).mean(axis=0) | g_mu = -(resp * z / sd).mean(axis=0)
missing-term | g_log_sd = (resp * (z ** 2 - 1)).mean(axis=0) | g_log_sd = (resp * z ** 2).mean(axis=0)
missing-term | g_eta = (resp - np.exp(log_w)).mean(axis=0) | g_eta = resp.mean(axis=0)
wrong-axis | g_log_sd = (resp * (z ** 2 - 1)).mean(axis=0) | g_log_sd = (resp * (z ** 2 - 1)).mean()
wrong-gradient | log_sd = log_sd + eps * g_log_sd | log_sd = log_sd + eps * g_mu
"""
