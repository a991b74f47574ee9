# Elman-Netz: Paritaet einer Bitfolge lernen (Hausaufgabe Neuronale Netze, Blatt 5)
import numpy as np


class ElmanNetz:
    def __init__(self, n_ein, n_verdeckt, n_aus, lernrate):
        rng = np.random.RandomState(1)
        self.lernrate = lernrate
        self.W_ein = rng.uniform(-0.6, 0.6, (n_verdeckt, n_ein))
        self.W_kontext = rng.uniform(-0.6, 0.6, (n_verdeckt, n_verdeckt))
        self.W_aus = rng.uniform(-0.6, 0.6, (n_aus, n_verdeckt))
        self.schwelle = np.zeros(n_verdeckt)
        self.schwelle_aus = np.zeros(n_aus)

    def vorwaerts(self, folge):
        self.folge = folge
        self.zustaende = [np.zeros(len(self.schwelle))]
        ausgaben = []
        for x in folge:
            netz = self.W_ein @ x + self.W_kontext @ self.zustaende[-1] + self.schwelle
            self.zustaende.append(np.tanh(netz))
            a = self.W_aus @ self.zustaende[-1] + self.schwelle_aus
            ausgaben.append(1 / (1 + np.exp(-a)))
        self.ausgaben = np.array(ausgaben)
        return self.ausgaben

    def fehler(self, ziel):
        return 0.5 * np.sum((self.ausgaben - ziel) ** 2)

    def rueckwaerts(self, ziel):
        self.g_ein = np.zeros_like(self.W_ein)
        self.g_kontext = np.zeros_like(self.W_kontext)
        self.g_aus = np.zeros_like(self.W_aus)
        self.g_schwelle = np.zeros_like(self.schwelle)
        self.g_schwelle_aus = np.zeros_like(self.schwelle_aus)
        delta_naechste = np.zeros_like(self.schwelle)
        for t in range(len(ziel) - 1, -1, -1):
            o = self.ausgaben[t]
            delta_aus = (o - ziel[t]) * o * (1 - o)
            h = self.zustaende[t + 1]
            delta = (self.W_aus.T @ delta_aus + self.W_kontext.T @ delta_naechste) * (1 - h ** 2)
            self.g_aus += np.outer(delta_aus, h)
            self.g_schwelle_aus += delta_aus
            self.g_ein += np.outer(delta, self.folge[t])
            self.g_kontext += np.outer(delta, self.zustaende[t])
            self.g_schwelle += delta
            delta_naechste = delta

    def lernen(self):
        self.W_ein -= self.lernrate * self.g_ein
        self.W_kontext -= self.lernrate * self.g_kontext
        self.W_aus -= self.lernrate * self.g_aus
        self.schwelle -= self.lernrate * self.g_schwelle
        self.schwelle_aus -= self.lernrate * self.g_schwelle_aus


zufall = np.random.RandomState(7)
netz = ElmanNetz(1, 6, 1, 0.3)
summe = 0
for schritt in range(1, 601):
    bits = zufall.randint(0, 2, (6, 1)).astype(float)
    ziel = np.cumsum(bits, axis=0) % 2
    netz.vorwaerts(bits)
    summe += netz.fehler(ziel)
    netz.rueckwaerts(ziel)
    netz.lernen()
    if schritt % 150 == 0:
        print("Schritt", schritt, "mittlerer Fehler", summe / 150)
        summe = 0

FAULTS = """
state-of-the-wrong-step-(t+1) | self.g_kontext += np.outer(delta, self.zustaende[t]) | self.g_kontext += np.outer(delta, self.zustaende[t + 1])
uses-previous-layer's-derivative-of-wrong-state | h = self.zustaende[t + 1] | h = self.zustaende[t]
truncated,-delta_naechste-never-set | delta_naechste = delta | delta_naechste = 0 * delta
sigmoid-derivative-missing | delta_aus = (o - ziel[t]) * o * (1 - o) | delta_aus = (o - ziel[t])
transpose-missing | delta = (self.W_aus.T @ delta_aus + self.W_kontext.T @ delta_naechste) * (1 - h ** 2) | delta = (self.W_aus.T @ delta_aus + self.W_kontext @ delta_naechste) * (1 - h ** 2)
"""
