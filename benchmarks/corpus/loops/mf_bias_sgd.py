import random
import math

# Matrix factorization with biases, SGD rating by rating (like everybody's netflix blog post)
random.seed(10)

ratings = []
for u in range(10):
    for i in range(8):
        if random.random() < 0.6:
            like = math.sin(u * 1.3 + i) + 0.5 * math.cos(i * 2.1)
            ratings.append((u, i, round(3 + 1.5 * like)))

K = 3
mu = sum(r for _, _, r in ratings) / len(ratings)
P = [[random.gauss(0, 0.3) for _ in range(K)] for _ in range(10)]
Q = [[random.gauss(0, 0.3) for _ in range(K)] for _ in range(8)]
bu = [0.0] * 10
bi = [0.0] * 8
gamma = 0.02
lam = 0.05

for epoch in range(20):
    random.shuffle(ratings)
    total = 0.0
    for u, i, r in ratings:
        pred = mu + bu[u] + bi[i]
        for k in range(K):
            pred += P[u][k] * Q[i][k]
        err = r - pred
        cost = 0.5 * err ** 2 + 0.5 * lam * (bu[u] ** 2 + bi[i] ** 2)
        for k in range(K):
            cost += 0.5 * lam * (P[u][k] ** 2 + Q[i][k] ** 2)
        total += cost
        bu[u] += gamma * (err - lam * bu[u])
        bi[i] += gamma * (err - lam * bi[i])
        for k in range(K):
            puk = P[u][k]
            P[u][k] += gamma * (err * Q[i][k] - lam * puk)
            Q[i][k] += gamma * (err * puk - lam * Q[i][k])
    if epoch % 5 == 0:
        print("epoch %d cost %.4f" % (epoch, total / len(ratings)))

FAULTS = """
wrong-index | puk = P[u][k] | puk = P[u][0]
wrong-sign | bi[i] += gamma * (err - lam * bi[i]) | bi[i] += gamma * (err + lam * bi[i])
missing-term | P[u][k] += gamma * (err * Q[i][k] - lam * puk) | P[u][k] += gamma * (err * Q[i][k])
missing-factor | bu[u] += gamma * (err - lam * bu[u]) | bu[u] += gamma * (err - bu[u])
stale-value | Q[i][k] += gamma * (err * puk - lam * Q[i][k]) | Q[i][k] += gamma * (err * P[u][k] - lam * Q[i][k])
wrong-sign | P[u][k] += gamma * (err * Q[i][k] - lam * puk) | P[u][k] -= gamma * (err * Q[i][k] - lam * puk)
"""
