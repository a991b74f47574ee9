"""Liga: Spielstärken nach Bradley-Terry, mit Heimvorteil. Ein Wörterbuch von Zahlen."""
import math
import random

random.seed(3)
teams = ["Adler", "Bären", "Falken", "Löwen", "Wölfe"]
wahr = dict(zip(teams, [0.9, 0.3, 0.0, -0.4, -0.8]))

spiele = []
for runde in range(4):
    for heim in teams:
        for gast in teams:
            if heim != gast:
                p = 1 / (1 + math.exp(-(wahr[heim] - wahr[gast] + 0.3)))
                spiele.append((heim, gast, 1 if random.random() < p else 0))

staerke = {t: 0.0 for t in teams}
heimvorteil = 0.0
lernrate = 0.02
strafe = 0.1

for epoche in range(100):
    verlust = 0.0
    grad = {t: 0.0 for t in teams}
    grad_h = 0.0
    for heim, gast, sieg in spiele:
        d = staerke[heim] - staerke[gast] + heimvorteil
        p = 1 / (1 + math.exp(-d))
        verlust -= sieg * math.log(p) + (1 - sieg) * math.log(1 - p)
        fehler = p - sieg
        grad[heim] += fehler
        grad[gast] -= fehler
        grad_h += fehler
    for t in teams:
        verlust += strafe * staerke[t] ** 2
        grad[t] += 2 * strafe * staerke[t]
    for t in teams:
        staerke[t] -= lernrate * grad[t]
    heimvorteil -= lernrate * grad_h
    if epoche % 25 == 0:
        print("Epoche", epoche, "Verlust", round(verlust, 4))

for t in sorted(teams, key=staerke.get, reverse=True):
    print(f"{t:8s} {staerke[t]:+.3f}")
print("Heimvorteil", round(heimvorteil, 3))

FAULTS = """
wrong-sign | grad[gast] -= fehler | grad[gast] += fehler
overwritten | grad[heim] += fehler | grad[heim] = fehler
missing-factor | grad[t] += 2 * strafe * staerke[t] | grad[t] += strafe * staerke[t]
overwritten | grad_h += fehler | grad_h = fehler
missing-term | grad[gast] -= fehler | pass
"""
