# Informatik LK, Projekt "Neuronales Netz ohne Framework"
# Datensatz: Pflanzen (4 Merkmale -> 3 Sorten), alles mit Schleifen, damit ich es verstehe
import math

import numpy as np


class Schicht:
    def __init__(self, ein, aus, zufall):
        self.gewichte = zufall.uniform(-1, 1, (aus, ein))
        self.schwelle = zufall.uniform(-0.5, 0.5, aus)
        self.summe_gew = np.zeros((aus, ein))
        self.summe_schw = np.zeros(aus)

    def vorwaerts(self, eingabe):
        self.eingabe = eingabe
        self.netto = np.zeros(len(self.schwelle))
        self.ausgabe = np.zeros(len(self.schwelle))
        for j in range(len(self.schwelle)):
            s = self.schwelle[j]
            for i in range(len(eingabe)):
                s += self.gewichte[j][i] * eingabe[i]
            self.netto[j] = s
            self.ausgabe[j] = 1 / (1 + math.exp(-s))
        return self.ausgabe

    def rueckwaerts(self, fehler):
        """fehler: Ableitung des Gesamtfehlers nach der Ausgabe. Gibt das gleiche fuer die Eingabe zurueck."""
        fehler_ein = np.zeros(len(self.eingabe))
        for j in range(len(self.schwelle)):
            d = fehler[j] * self.ausgabe[j] * (1 - self.ausgabe[j])
            self.summe_schw[j] += d
            for i in range(len(self.eingabe)):
                self.summe_gew[j][i] += d * self.eingabe[i]
                fehler_ein[i] += d * self.gewichte[j][i]
        return fehler_ein

    def loeschen(self):
        self.summe_gew[:] = 0
        self.summe_schw[:] = 0


class Netz:
    def __init__(self, groessen, zufall):
        self.schichten = [Schicht(a, b, zufall) for a, b in zip(groessen, groessen[1:])]

    def berechne(self, x):
        for s in self.schichten:
            x = s.vorwaerts(x)
        return x

    def gesamtfehler(self, daten, ziele):
        E = 0.0
        for x, z in zip(daten, ziele):
            y = self.berechne(x)
            for k in range(len(y)):
                E += (y[k] - z[k]) ** 2
        return E / len(daten)

    def lerne(self, daten, ziele):
        for s in self.schichten:
            s.loeschen()
        for x, z in zip(daten, ziele):
            y = self.berechne(x)
            f = [2 * (y[k] - z[k]) / len(daten) for k in range(len(y))]
            for s in reversed(self.schichten):
                f = s.rueckwaerts(f)


# ---- problem
def problem():
    zufall = np.random.RandomState(31)
    netz = Netz([4, 3, 3], zufall)
    daten = zufall.rand(5, 4) * 2
    ziele = np.eye(3)[[0, 2, 1, 1, 0]]

    def grads():
        netz.lerne(daten, ziele)
        return [(s.summe_gew.copy(), s.summe_schw.copy()) for s in netz.schichten]

    return dict(loss=lambda: netz.gesamtfehler(daten, ziele),
                params=[(s.gewichte, s.schwelle) for s in netz.schichten], grads=grads)


FAULTS = """
accumulation | fehler_ein[i] += d * self.gewichte[j][i] | fehler_ein[i] = d * self.gewichte[j][i]
accumulation | self.summe_schw[j] += d | self.summe_schw[j] = d
activation-derivative-at-wrong-value | d = fehler[j] * self.ausgabe[j] * (1 - self.ausgabe[j]) | d = fehler[j] * self.netto[j] * (1 - self.netto[j])
raw-error-propagated | fehler_ein[i] += d * self.gewichte[j][i] | fehler_ein[i] += fehler[j] * self.gewichte[j][i]
loss-gradient | f = [2 * (y[k] - z[k]) / len(daten) for k in range(len(y))] | f = [2 * (z[k] - y[k]) / len(daten) for k in range(len(y))]
wrong-operand | self.summe_gew[j][i] += d * self.eingabe[i] | self.summe_gew[j][i] += d * self.ausgabe[j]
"""
