# Kleines neuronales Netz ohne NumPy (Informatik-AG). Alles in Listen.
import math
import random

random.seed(11)

EIN, MITTE, AUS = 3, 4, 2
gewichte1 = [[random.uniform(-1, 1) for _ in range(EIN)] for _ in range(MITTE)]
schwellen1 = [random.uniform(-0.5, 0.5) for _ in range(MITTE)]
gewichte2 = [[random.uniform(-1, 1) for _ in range(MITTE)] for _ in range(AUS)]
schwellen2 = [random.uniform(-0.5, 0.5) for _ in range(AUS)]

muster = [[random.uniform(-1, 1) for _ in range(EIN)] for _ in range(5)]
soll = [[random.uniform(0.1, 0.9) for _ in range(AUS)] for _ in range(5)]


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def vorwaerts(eingabe):
    mitte = []
    for j in range(MITTE):
        summe = schwellen1[j]
        for i in range(EIN):
            summe += gewichte1[j][i] * eingabe[i]
        mitte.append(sigmoid(summe))
    ausgabe = []
    for k in range(AUS):
        summe = schwellen2[k]
        for j in range(MITTE):
            summe += gewichte2[k][j] * mitte[j]
        ausgabe.append(sigmoid(summe))
    return mitte, ausgabe


def fehler():
    gesamt = 0.0
    for eingabe, ziel in zip(muster, soll):
        _, ausgabe = vorwaerts(eingabe)
        for a, z in zip(ausgabe, ziel):
            gesamt += (a - z) ** 2 / 2
    return gesamt


def gradienten():
    g1 = [[0.0] * EIN for _ in range(MITTE)]
    s1 = [0.0] * MITTE
    g2 = [[0.0] * MITTE for _ in range(AUS)]
    s2 = [0.0] * AUS
    for eingabe, ziel in zip(muster, soll):
        mitte, ausgabe = vorwaerts(eingabe)
        delta2 = []
        for k in range(AUS):
            delta2.append((ausgabe[k] - ziel[k]) * ausgabe[k] * (1 - ausgabe[k]))
        delta1 = []
        for j in range(MITTE):
            rueck = 0.0
            for k in range(AUS):
                rueck += gewichte2[k][j] * delta2[k]
            delta1.append(rueck * mitte[j] * (1 - mitte[j]))
        for k in range(AUS):
            for j in range(MITTE):
                g2[k][j] += delta2[k] * mitte[j]
            s2[k] += delta2[k]
        for j in range(MITTE):
            for i in range(EIN):
                g1[j][i] += delta1[j] * eingabe[i]
            s1[j] += delta1[j]
    return {"gewichte1": g1, "schwellen1": s1, "gewichte2": g2, "schwellen2": s2}


# ---- problem
def problem():
    params = {"gewichte1": gewichte1, "schwellen1": schwellen1,
              "gewichte2": gewichte2, "schwellen2": schwellen2}
    return dict(loss=fehler, params=params, grads=gradienten)


FAULTS = """
accumulation | rueck += gewichte2[k][j] * delta2[k] | rueck = gewichte2[k][j] * delta2[k]
accumulation | g1[j][i] += delta1[j] * eingabe[i] | g1[j][i] = delta1[j] * eingabe[i]
aliasing | g2 = [[0.0] * MITTE for _ in range(AUS)] | g2 = [[0.0] * MITTE] * AUS
aliasing | g1 = [[0.0] * EIN for _ in range(MITTE)] | g1 = [[0.0] * EIN] * MITTE
missing-activation-derivative | delta1.append(rueck * mitte[j] * (1 - mitte[j])) | delta1.append(rueck)
raw-error-propagated | rueck += gewichte2[k][j] * delta2[k] | rueck += gewichte2[k][j] * (ausgabe[k] - ziel[k])
sign | delta2.append((ausgabe[k] - ziel[k]) * ausgabe[k] | delta2.append((ziel[k] - ausgabe[k]) * ausgabe[k]
indexing | for i in range(EIN):;;g1[j][i] += | for i in range(1, EIN):;;    g1[j][i] +=
wrong-activation-derivative | * ausgabe[k] * (1 - ausgabe[k])) | * (1 - ausgabe[k] ** 2))
"""
