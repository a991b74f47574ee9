# proportional odds (ordinal) model, course assignment 4
# P(y<=k) = sigmoid(theta_k - x'beta), theta ordered via cumulative exp
import numpy as np

def sigmoid(z):
    return np.where(z >= 0, 1 / (1 + np.exp(-np.abs(z))), np.exp(-np.abs(z)) / (1 + np.exp(-np.abs(z))))

def thresholds(alpha):
    """alpha[0] is free, the others are log increments"""
    return alpha[0] + np.concatenate(([0.0], np.cumsum(np.exp(alpha[1:]))))

def nll_and_grad(alpha, beta, X, y):
    n = len(y)
    K = len(alpha) + 1
    theta = thresholds(alpha)
    eta = X.dot(beta)
    up = np.ones(n)
    lo = np.zeros(n)
    top = y < K - 1
    bot = y > 0
    up[top] = sigmoid(theta[y[top]] - eta[top])
    lo[bot] = sigmoid(theta[y[bot] - 1] - eta[bot])
    p = up - lo
    nll = -np.mean(np.log(p))

    dup = -up * (1 - up) / p / n      # d nll / d (theta_y - eta)
    dlo = lo * (1 - lo) / p / n       # d nll / d (theta_{y-1} - eta)
    dbeta = -X.T.dot(dup + dlo)
    dtheta = np.zeros(K - 1)
    for i in range(n):
        if top[i]:
            dtheta[y[i]] += dup[i]
        if bot[i]:
            dtheta[y[i] - 1] += dlo[i]
    dalpha = np.zeros_like(alpha)
    dalpha[0] = dtheta.sum()
    for k in range(1, K - 1):
        dalpha[k] = np.exp(alpha[k]) * dtheta[k:].sum()
    return nll, dalpha, dbeta

np.random.seed(9)
n = 250
X = np.random.randn(n, 3)
latent = X.dot(np.array([1.5, -1.0, 0.5])) + np.random.logistic(size=n)
y = np.digitize(latent, [-1.5, 0.2, 2.0])

alpha = np.array([-1.0, 0.0, 0.0])
beta = np.zeros(3)
lr = 0.5
for epoch in range(200):
    nll, dalpha, dbeta = nll_and_grad(alpha, beta, X, y)
    alpha -= lr * dalpha
    beta -= lr * dbeta
    if epoch % 50 == 0:
        print('epoch %d nll %.5f' % (epoch, nll))
print('thresholds', thresholds(alpha).round(2), 'beta', beta.round(2))

FAULTS = """
off-by-one-index-of-the-lower-threshold | dtheta[y[i] - 1] += dlo[i] | dtheta[y[i] - 2] += dlo[i]
sign | dbeta = -X.T.dot(dup + dlo) | dbeta = X.T.dot(dup + dlo)
chain-factor-exp(alpha)-forgotten | dalpha[k] = np.exp(alpha[k]) * dtheta[k:].sum() | dalpha[k] = dtheta[k:].sum()
only-dtheta[k],-cumulative-forgotten | dalpha[k] = np.exp(alpha[k]) * dtheta[k:].sum() | dalpha[k] = np.exp(alpha[k]) * dtheta[k]
lower-term-forgotten | dbeta = -X.T.dot(dup + dlo) | dbeta = -X.T.dot(dup)
"""
