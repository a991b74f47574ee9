"""
Regressão de Poisson (vendas de sorvete por dia) com descida de gradiente e momento de Nesterov.
Feito para a disciplina de Modelos Lineares Generalizados.
"""
import numpy as np

gerador = np.random.default_rng(31)


def simular(n=120):
    temperatura = gerador.normal(25, 5, n)
    fim_de_semana = gerador.integers(0, 2, n)
    chuva = gerador.exponential(2.0, n)
    eta = 1.0 + 0.05 * (temperatura - 25) + 0.4 * fim_de_semana - 0.1 * chuva
    vendas = gerador.poisson(np.exp(eta))
    X = np.column_stack([np.ones(n), (temperatura - 25) / 5, fim_de_semana, chuva - 2])
    return X, vendas


def log_verossimilhanca_negativa(beta, X, y):
    eta = X @ beta
    return np.mean(np.exp(eta) - y * eta)


def gradiente(beta, X, y, lamb):
    mu = np.exp(X @ beta)
    g = X.T @ (mu - y) / len(y)
    g[1:] += lamb * beta[1:]          # intercepto nao e penalizado
    return g


def objetivo(beta, X, y, lamb):
    return log_verossimilhanca_negativa(beta, X, y) + 0.5 * lamb * np.sum(beta[1:] ** 2)


def ajustar(X, y, lamb=0.02, passo=0.05, momento=0.9, tol=1e-7, max_iter=500):
    beta = np.zeros(X.shape[1])
    velocidade = np.zeros_like(beta)
    anterior = np.inf
    iteracao = 0
    while iteracao < max_iter:
        valor = objetivo(beta, X, y, lamb)
        if abs(anterior - valor) < tol:
            print(f"convergiu em {iteracao} iteracoes")
            break
        anterior = valor
        adiantado = beta + momento * velocidade
        g = gradiente(adiantado, X, y, lamb)
        velocidade = momento * velocidade - passo * g
        beta = beta + velocidade
        iteracao += 1
        if iteracao % 20 == 0:
            print(f"iter {iteracao:3d}: objetivo {valor:.6f}")
    return beta


X, y = simular()
beta = ajustar(X, y)
for nome, b in zip(["intercepto", "temperatura", "fim de semana", "chuva"], beta):
    print(f"{nome:>15}: {b:+.3f}")

FAULTS = """
missing-term | mu = np.exp(X @ beta) | mu = X @ beta
wrong-sign | g = X.T @ (mu - y) / len(y) | g = X.T @ (y - mu) / len(y)
missing-factor | g = X.T @ (mu - y) / len(y) | g = X.T @ (mu - y)
off-by-one | g[1:] += lamb * beta[1:] | g[1:] += lamb * beta[:-1]
extra-derivative | g = X.T @ (mu - y) / len(y) | g = X.T @ (mu * (mu - y)) / len(y)
"""
