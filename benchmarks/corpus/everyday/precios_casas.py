# Predicción del precio de casas con una red de 1 capa oculta + AdaGrad
# Tarea 4 - Aprendizaje Automático, UNAM
import numpy as np

np.random.seed(7)

def generar_datos(m):
    metros = np.random.uniform(40, 200, m)
    cuartos = np.round(metros / 35 + np.random.normal(0, 0.5, m))
    antiguedad = np.random.uniform(0, 50, m)
    precio = 1.2 * metros + 8 * cuartos - 0.6 * antiguedad + 0.004 * metros ** 2 + np.random.normal(0, 8, m)
    return np.stack([metros, cuartos, antiguedad], axis=1), precio.reshape(-1, 1)

X, y = generar_datos(160)
media_X, desv_X = X.mean(axis=0), X.std(axis=0)
media_y, desv_y = y.mean(), y.std()
X = (X - media_X) / desv_X
y = (y - media_y) / desv_y
X_ent, X_pru = X[:120], X[120:]
y_ent, y_pru = y[:120], y[120:]

n_oculta = 10
pesos = {
    'W1': np.random.randn(3, n_oculta) * 0.4,
    'b1': np.zeros((1, n_oculta)),
    'W2': np.random.randn(n_oculta, 1) * 0.4,
    'b2': np.zeros((1, 1)),
}
acumulado = {clave: np.zeros_like(valor) for clave, valor in pesos.items()}

def propagar(X, pesos):
    z1 = np.dot(X, pesos['W1']) + pesos['b1']
    a1 = np.where(z1 > 0, z1, np.exp(np.minimum(z1, 0)) - 1)      # ELU
    y_est = np.dot(a1, pesos['W2']) + pesos['b2']
    return y_est, {'X': X, 'z1': z1, 'a1': a1}

def costo(y_est, y, pesos, lam):
    m = len(y)
    return (np.sum((y_est - y) ** 2) + lam * (np.sum(pesos['W1'] ** 2) + np.sum(pesos['W2'] ** 2))) / (2 * m)

def retropropagar(y_est, y, pesos, memoria, lam):
    m = len(y)
    grad = {}
    dy = (y_est - y) / m
    grad['W2'] = np.dot(memoria['a1'].T, dy) + lam / m * pesos['W2']
    grad['b2'] = np.sum(dy, axis=0, keepdims=True)
    da1 = np.dot(dy, pesos['W2'].T)
    dz1 = da1 * np.where(memoria['z1'] > 0, 1, memoria['a1'] + 1)
    grad['W1'] = np.dot(memoria['X'].T, dz1) + lam / m * pesos['W1']
    grad['b1'] = np.sum(dz1, axis=0, keepdims=True)
    return grad

tasa = 0.1
lam = 0.5
tam_lote = 30
for epoca in range(80):
    orden = np.random.permutation(len(X_ent))
    for inicio in range(0, len(X_ent), tam_lote):
        lote = orden[inicio:inicio + tam_lote]
        xb, yb = X_ent[lote], y_ent[lote]
        y_est, memoria = propagar(xb, pesos)
        grad = retropropagar(y_est, yb, pesos, memoria, lam)
        for clave in pesos:
            acumulado[clave] += grad[clave] ** 2
            pesos[clave] -= tasa * grad[clave] / (np.sqrt(acumulado[clave]) + 1e-8)
    if epoca % 20 == 0:
        y_est, _ = propagar(X_ent, pesos)
        print('Época', epoca, 'costo', round(costo(y_est, y_ent, pesos, lam), 5))

y_est, _ = propagar(X_pru, pesos)
print('RMSE de prueba (miles):', np.sqrt(np.mean((y_est - y_pru) ** 2)) * desv_y)

FAULTS = """
wrong-activation-derivative | dz1 = da1 * np.where(memoria['z1'] > 0, 1, memoria['a1'] + 1) | dz1 = da1 * np.where(memoria['z1'] > 0, 1, memoria['a1'])
missing-factor | grad['W1'] = np.dot(memoria['X'].T, dz1) + lam / m * pesos['W1'] | grad['W1'] = np.dot(memoria['X'].T, dz1) + lam * pesos['W1']
missing-regulariser | grad['W2'] = np.dot(memoria['a1'].T, dy) + lam / m * pesos['W2'] | grad['W2'] = np.dot(memoria['a1'].T, dy)
wrong-variable | grad['b1'] = np.sum(dz1, axis=0, keepdims=True) | grad['b1'] = np.sum(da1, axis=0, keepdims=True)
wrong-variable | grad['W2'] = np.dot(memoria['a1'].T, dy) + lam / m * pesos['W2'] | grad['W2'] = np.dot(memoria['z1'].T, dy) + lam / m * pesos['W2']
mean-for-sum | grad['b2'] = np.sum(dy, axis=0, keepdims=True) | grad['b2'] = np.mean(dy, axis=0, keepdims=True)
"""
