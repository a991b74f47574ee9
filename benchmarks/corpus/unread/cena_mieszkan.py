# Regresja cen mieszkan bez numpy w sieci (zadanie domowe: "tylko listy i petle!"). Jedna warstwa ukryta + interakcja metraz*pietro
import math
import random


def losuj(seed):
    los = random.Random(seed)
    siec = {
        "w1": [[los.uniform(-1, 1) for _ in range(3)] for _ in range(4)],
        "b1": [los.uniform(-0.5, 0.5) for _ in range(4)],
        "w2": [los.uniform(-1, 1) for _ in range(4)],
        "b2": 0.1,
        "inter": 0.4,      # waga iloczynu x[0] * x[1]
    }
    return siec


def naprzod(siec, x):
    sumy, ukryte = [], []
    for j in range(4):
        s = siec["b1"][j]
        for i in range(3):
            s = s + siec["w1"][j][i] * x[i]
        sumy.append(s)
        ukryte.append(math.tanh(s))
    wynik = siec["b2"] + siec["inter"] * x[0] * x[1]
    for j in range(4):
        wynik = wynik + siec["w2"][j] * ukryte[j]
    return sumy, ukryte, wynik


def huber(r, delta):
    if abs(r) <= delta:
        return 0.5 * r * r
    return delta * (abs(r) - 0.5 * delta)


def koszt(siec, dane, delta, lam):
    suma = 0
    for x, cena in dane:
        _, _, wynik = naprzod(siec, x)
        suma = suma + huber(wynik - cena, delta)
    kara = 0
    for wiersz in siec["w1"]:
        for w in wiersz:
            kara = kara + w * w
    return suma / len(dane) + lam * kara


def gradient(siec, dane, delta, lam):
    gw1 = [[2 * lam * siec["w1"][j][i] for i in range(3)] for j in range(4)]
    gb1 = [0.0] * 4
    gw2 = [0.0] * 4
    gb2 = 0.0
    ginter = 0.0
    n = len(dane)
    for x, cena in dane:
        sumy, ukryte, wynik = naprzod(siec, x)
        r = wynik - cena
        if abs(r) <= delta:
            d = r / n
        else:
            d = math.copysign(delta, r) / n
        gb2 += d
        ginter += d * x[0] * x[1]
        for j in range(4):
            gw2[j] += d * ukryte[j]
            e = d * siec["w2"][j] * (1 - ukryte[j] ** 2)
            gb1[j] += e
            for i in range(3):
                gw1[j][i] += e * x[i]
    return {"w1": gw1, "b1": gb1, "w2": gw2, "b2": gb2, "inter": ginter}


# ---- problem
def problem():
    siec = losuj(7)
    los = random.Random(8)
    dane = [([los.gauss(0, 1) for _ in range(3)], los.gauss(0, 2)) for _ in range(6)]
    return dict(loss=lambda: koszt(siec, dane, 1.0, 0.03), params=siec, grads=lambda: gradient(siec, dane, 1.0, 0.03))


FAULTS = """
loss-gradient | d = math.copysign(delta, r) / n | d = delta / n
scale | d = math.copysign(delta, r) / n | d = math.copysign(delta, r)
indexing | ginter += d * x[0] * x[1] | ginter += d * x[0] * x[0]
activation-derivative-at-wrong-value | e = d * siec["w2"][j] * (1 - ukryte[j] ** 2) | e = d * siec["w2"][j] * (1 - sumy[j] ** 2)
regulariser | gw1 = [[2 * lam * siec["w1"][j][i] for i in range(3)] for j in range(4)] | gw1 = [[lam * siec["w1"][j][i] ** 2 for i in range(3)] for j in range(4)]
accumulation | gw2[j] += d * ukryte[j] | gw2[j] = d * ukryte[j]
raw-error-propagated | gw1[j][i] += e * x[i] | gw1[j][i] += d * x[i]
"""
