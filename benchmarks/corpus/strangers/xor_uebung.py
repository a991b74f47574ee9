# Übungsblatt 4, Aufgabe 2: XOR mit einer versteckten Schicht
import numpy as np

np.random.seed(11)
eingabe = np.array([[0., 0.], [0., 1.], [1., 0.], [1., 1.]])
soll = np.array([[0.], [1.], [1.], [0.]])

gewichte1 = np.random.randn(2, 3)
schwelle1 = np.random.randn(3) * 0.3
gewichte2 = np.random.randn(3, 3)
schwelle2 = np.random.randn(3) * 0.3
gewichte3 = np.random.randn(3, 1)
schwelle3 = np.random.randn(1) * 0.3
lernrate = 0.2


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def vorwaerts():
    netz1 = eingabe @ gewichte1 + schwelle1
    aus1 = np.tanh(netz1)
    netz2 = aus1 @ gewichte2 + schwelle2
    aus2 = np.tanh(netz2)
    netz3 = aus2 @ gewichte3 + schwelle3
    return netz1, aus1, netz2, aus2, netz3, sigmoid(netz3)


def fehler():
    ist = vorwaerts()[-1]
    return 0.5 * np.sum((ist - soll) ** 2)


def lernschritt():
    global gewichte1, schwelle1, gewichte2, schwelle2, gewichte3, schwelle3
    netz1, aus1, netz2, aus2, netz3, ist = vorwaerts()
    abweichung = ist - soll
    delta3 = abweichung * ist * (1 - ist)
    zurueck2 = delta3 @ gewichte3.T
    delta2 = zurueck2 * (1 - aus2 ** 2)
    zurueck1 = delta2 @ gewichte2.T
    delta1 = zurueck1 * (1 - aus1 ** 2)

    gewichte3 = gewichte3 - lernrate * aus2.T @ delta3
    schwelle3 = schwelle3 - lernrate * delta3.sum(axis=0)
    gewichte2 = gewichte2 - lernrate * aus1.T @ delta2
    schwelle2 = schwelle2 - lernrate * delta2.sum(axis=0)
    gewichte1 = gewichte1 - lernrate * eingabe.T @ delta1
    schwelle1 = schwelle1 - lernrate * delta1.sum(axis=0)


# ---- problem
def problem():
    names = ["gewichte1", "schwelle1", "gewichte2", "schwelle2", "gewichte3", "schwelle3"]
    return dict(loss=fehler, names=names, step=lernschritt, lr=lernrate)


FAULTS = """
wrong-activation-derivative | delta2 = zurueck2 * (1 - aus2 ** 2) | delta2 = zurueck2 * (1 - aus2)
missing-activation-derivative | delta1 = zurueck1 * (1 - aus1 ** 2) | delta1 = zurueck1
activation-derivative-at-wrong-value | delta1 = zurueck1 * (1 - aus1 ** 2) | delta1 = zurueck1 * (1 - netz1 ** 2)
sign | abweichung = ist - soll | abweichung = soll - ist
transpose | zurueck1 = delta2 @ gewichte2.T | zurueck1 = delta2 @ gewichte2
raw-error-propagated | zurueck2 = delta3 @ gewichte3.T | zurueck2 = abweichung @ gewichte3.T
wrong-operand | gewichte2 = gewichte2 - lernrate * aus1.T @ delta2 | gewichte2 = gewichte2 - lernrate * aus2.T @ delta2
bias-reduction | schwelle1 = schwelle1 - lernrate * delta1.sum(axis=0) | schwelle1 = schwelle1 - lernrate * delta1.sum()
"""
