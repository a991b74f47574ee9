"""Kleines neuronales Netz zur Blumenklassifikation (Abitur-Projekt Informatik)"""
import numpy as np

zufall = np.random.RandomState(2024)


def erzeuge_daten(anzahl_pro_klasse=40):
    mittel = np.array([[5.0, 3.4, 1.5, 0.2], [5.9, 2.8, 4.3, 1.3], [6.6, 3.0, 5.6, 2.0]])
    streuung = np.array([[0.35, 0.38, 0.17, 0.1], [0.5, 0.3, 0.47, 0.2], [0.63, 0.32, 0.55, 0.27]])
    daten, klassen = [], []
    for k in range(3):
        daten.append(mittel[k] + streuung[k] * zufall.randn(anzahl_pro_klasse, 4))
        klassen += [k] * anzahl_pro_klasse
    daten = np.vstack(daten)
    daten = (daten - daten.mean(axis=0)) / daten.std(axis=0)
    ziel = np.zeros((len(klassen), 3))
    ziel[range(len(klassen)), klassen] = 1
    return daten, ziel


class Netz:
    def __init__(self, eingabe, verdeckt, ausgabe, lernrate=0.1, gewichtsabnahme=0.001):
        self.G1 = zufall.randn(eingabe, verdeckt) * 0.5
        self.s1 = np.zeros(verdeckt)
        self.G2 = zufall.randn(verdeckt, ausgabe) * 0.5
        self.s2 = np.zeros(ausgabe)
        self.lernrate = lernrate
        self.gewichtsabnahme = gewichtsabnahme

    @staticmethod
    def sigmoide(x):
        return 1 / (1 + np.exp(-x))

    def vorwaerts(self, x):
        self.eingang = x
        self.netto1 = x.dot(self.G1) + self.s1
        self.aktiv1 = self.sigmoide(self.netto1)
        netto2 = self.aktiv1.dot(self.G2) + self.s2
        e = np.exp(netto2 - np.max(netto2, axis=1, keepdims=True))
        self.ausgabe = e / np.sum(e, axis=1, keepdims=True)
        return self.ausgabe

    def kosten(self, ziel):
        kreuzentropie = -np.sum(ziel * np.log(self.ausgabe)) / len(ziel)
        strafe = self.gewichtsabnahme / 2 * (np.sum(self.G1 ** 2) + np.sum(self.G2 ** 2))
        return kreuzentropie + strafe

    def rueckwaerts(self, ziel):
        n = len(ziel)
        delta2 = (self.ausgabe - ziel) / n
        self.dG2 = self.aktiv1.T.dot(delta2) + self.gewichtsabnahme * self.G2
        self.ds2 = np.sum(delta2, axis=0)
        delta1 = delta2.dot(self.G2.T) * self.aktiv1 * (1 - self.aktiv1)
        self.dG1 = self.eingang.T.dot(delta1) + self.gewichtsabnahme * self.G1
        self.ds1 = np.sum(delta1, axis=0)

    def lerne(self):
        for name in ("G1", "s1", "G2", "s2"):
            wert = getattr(self, name)
            steigung = getattr(self, "d" + name)
            setattr(self, name, wert - self.lernrate * steigung)


def genauigkeit(netz, daten, ziel):
    return np.mean(np.argmax(netz.vorwaerts(daten), axis=1) == np.argmax(ziel, axis=1))


def hauptprogramm():
    daten, ziel = erzeuge_daten()
    reihenfolge = zufall.permutation(len(daten))
    training, test = reihenfolge[:90], reihenfolge[90:]
    netz = Netz(4, 6, 3, lernrate=0.4)
    verlauf = []
    for epoche in range(200):
        netz.vorwaerts(daten[training])
        verlauf.append(netz.kosten(ziel[training]))
        netz.rueckwaerts(ziel[training])
        netz.lerne()
        if (epoche + 1) % 50 == 0:
            print("Epoche {:4d}  Kosten {:.4f}".format(epoche + 1, verlauf[-1]))
    print("Genauigkeit (Test): {:.1%}".format(genauigkeit(netz, daten[test], ziel[test])))


if __name__ == "__main__":
    hauptprogramm()

FAULTS = """
missing-regulariser | self.dG1 = self.eingang.T.dot(delta1) + self.gewichtsabnahme * self.G1 | self.dG1 = self.eingang.T.dot(delta1)
wrong-activation-derivative | delta1 = delta2.dot(self.G2.T) * self.aktiv1 * (1 - self.aktiv1) | delta1 = delta2.dot(self.G2.T) * (1 - self.aktiv1 ** 2)
wrong-variable | delta1 = delta2.dot(self.G2.T) * self.aktiv1 * (1 - self.aktiv1) | delta1 = delta2.dot(self.G2.T) * self.netto1 * (1 - self.netto1)
wrong-regulariser | self.dG2 = self.aktiv1.T.dot(delta2) + self.gewichtsabnahme * self.G2 | self.dG2 = self.aktiv1.T.dot(delta2) - self.gewichtsabnahme * self.G2
never-updated | for name in ("G1", "s1", "G2", "s2"): | for name in ("G1", "G2", "s2"):
extra-derivative | delta2 = (self.ausgabe - ziel) / n | delta2 = (self.ausgabe - ziel) * self.ausgabe * (1 - self.ausgabe) / n
"""
