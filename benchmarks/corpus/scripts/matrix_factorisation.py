import numpy

def matrix_factorization(R, P, Q, K, steps=60, alpha=0.002, beta=0.02):
    Q = Q.T
    for step in range(steps):
        for i in range(len(R)):
            for j in range(len(R[i])):
                if R[i][j] > 0:
                    eij = R[i][j] - numpy.dot(P[i, :], Q[:, j])
                    for k in range(K):
                        p_old = P[i][k]
                        P[i][k] = P[i][k] + alpha * (2 * eij * Q[k][j] - beta * P[i][k])
                        Q[k][j] = Q[k][j] + alpha * (2 * eij * p_old - beta * Q[k][j])
        e = 0
        for i in range(len(R)):
            for j in range(len(R[i])):
                if R[i][j] > 0:
                    e = e + pow(R[i][j] - numpy.dot(P[i, :], Q[:, j]), 2)
                    for k in range(K):
                        e = e + (beta / 2) * (pow(P[i][k], 2) + pow(Q[k][j], 2))
        if step % 20 == 0:
            print(step, e)
        if e < 0.001:
            break
    return P, Q.T


R = [
    [5, 3, 0, 1],
    [4, 0, 0, 1],
    [1, 1, 0, 5],
    [1, 0, 0, 4],
    [0, 1, 5, 4],
]
R = numpy.array(R)
N, M, K = len(R), len(R[0]), 2
numpy.random.seed(10)
P = numpy.random.rand(N, K)
Q = numpy.random.rand(M, K)
nP, nQ = matrix_factorization(R, P, Q, K)
print(numpy.dot(nP, nQ.T))


FAULTS = """
sign | P[i][k] = P[i][k] + alpha * (2 * eij * Q[k][j] - beta * P[i][k]) | P[i][k] = P[i][k] - alpha * (2 * eij * Q[k][j] - beta * P[i][k])
scale | Q[k][j] = Q[k][j] + alpha * (2 * eij * p_old - beta * Q[k][j]) | Q[k][j] = Q[k][j] + alpha * (eij * p_old - beta * Q[k][j])
regulariser | P[i][k] = P[i][k] + alpha * (2 * eij * Q[k][j] - beta * P[i][k]) | P[i][k] = P[i][k] + alpha * (2 * eij * Q[k][j] + beta * P[i][k])
updated-weights-used | Q[k][j] = Q[k][j] + alpha * (2 * eij * p_old - beta * Q[k][j]) | Q[k][j] = Q[k][j] + alpha * (2 * eij * P[i][k] - beta * Q[k][j])
"""
