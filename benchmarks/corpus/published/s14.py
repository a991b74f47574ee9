import numpy as np
# Recommender: matrix factorisation with biases, SGD over the observed ratings (blog post "Netflix prize at home")

R = np.array([
    [5, 3, 0, 1, 4],
    [4, 0, 0, 1, 3],
    [1, 1, 0, 5, 0],
    [1, 0, 0, 4, 2],
    [0, 1, 5, 4, 0],
    [2, 1, 4, 0, 3]])

class MF():
    def __init__(self, R, K, alpha, beta, iterations):
        self.R = R
        self.num_users, self.num_items = R.shape
        self.K = K
        self.alpha = alpha
        self.beta = beta
        self.iterations = iterations

    def train(self):
        self.P = np.random.normal(scale=1./self.K, size=(self.num_users, self.K))
        self.Q = np.random.normal(scale=1./self.K, size=(self.num_items, self.K))
        self.b_u = np.zeros(self.num_users)
        self.b_i = np.zeros(self.num_items)
        self.b = np.mean(self.R[np.where(self.R != 0)])
        self.samples = [(i, j, self.R[i, j]) for i in range(self.num_users)
                        for j in range(self.num_items) if self.R[i, j] > 0]
        training_process = []
        for i in range(self.iterations):
            np.random.shuffle(self.samples)
            self.sgd()
            mse = self.mse()
            training_process.append((i, mse))
            if (i+1) % 10 == 0:
                print("Iteration: %d ; error = %.4f" % (i+1, mse))
        return training_process

    def mse(self):
        xs, ys = self.R.nonzero()
        predicted = self.full_matrix()
        error = 0
        for x, y in zip(xs, ys):
            error += pow(self.R[x, y] - predicted[x, y], 2)
        return np.sqrt(error)

    def sgd(self):
        for i, j, r in self.samples:
            prediction = self.get_rating(i, j)
            e = (r - prediction)
            # gradients of 1/2 e^2 + beta/2 (b_u^2 + b_i^2 + |P|^2 + |Q|^2)
            self.b_u[i] += self.alpha * (e - self.beta * self.b_u[i])
            self.b_i[j] += self.alpha * (e - self.beta * self.b_i[j])
            P_i = self.P[i, :].copy()
            self.P[i, :] += self.alpha * (e * self.Q[j, :] - self.beta * self.P[i, :])
            self.Q[j, :] += self.alpha * (e * P_i - self.beta * self.Q[j, :])

    def get_rating(self, i, j):
        return self.b + self.b_u[i] + self.b_i[j] + self.P[i, :].dot(self.Q[j, :].T)

    def full_matrix(self):
        return self.b + self.b_u[:, np.newaxis] + self.b_i[np.newaxis, :] + self.P.dot(self.Q.T)

np.random.seed(21)
mf = MF(R, K=2, alpha=0.1, beta=0.01, iterations=40)
mf.train()
print(np.round(mf.full_matrix(), 2))

FAULTS = """
update-order:-copy-forgotten-so-view-is-updated | P_i = self.P[i, :].copy() | P_i = self.P[i, :]
regulariser-sign | self.P[i, :] += self.alpha * (e * self.Q[j, :] - self.beta * self.P[i, :]) | self.P[i, :] += self.alpha * (e * self.Q[j, :] + self.beta * self.P[i, :])
regulariser-uses-P-not-Q | self.Q[j, :] += self.alpha * (e * P_i - self.beta * self.Q[j, :]) | self.Q[j, :] += self.alpha * (e * P_i - self.beta * P_i)
uses-user-bias | self.b_i[j] += self.alpha * (e - self.beta * self.b_i[j]) | self.b_i[j] += self.alpha * (e - self.beta * self.b_u[i])
e-squared | self.Q[j, :] += self.alpha * (e * P_i - self.beta * self.Q[j, :]) | self.Q[j, :] += self.alpha * (e ** 2 * P_i - self.beta * self.Q[j, :])
"""
