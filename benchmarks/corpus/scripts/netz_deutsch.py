# Neuronales Netz in Anlehnung an ein Buch, hier mit Quadratfehler je Muster
import numpy


class NeuronalesNetz:

    def __init__(self, eingabeknoten, versteckteknoten, ausgabeknoten, lernrate):
        self.lr = lernrate
        # Gewichte w_ij: vom Knoten i zum Knoten j der nächsten Schicht
        self.wih = numpy.random.normal(0.0, pow(eingabeknoten, -0.5), (versteckteknoten, eingabeknoten))
        self.who = numpy.random.normal(0.0, pow(versteckteknoten, -0.5), (ausgabeknoten, versteckteknoten))
        self.aktivierung = lambda x: 1.0 / (1.0 + numpy.exp(-x))

    def trainieren(self, eingabeliste, zielliste):
        eingaben = numpy.array(eingabeliste, ndmin=2).T
        ziele = numpy.array(zielliste, ndmin=2).T
        versteckt = self.aktivierung(numpy.dot(self.wih, eingaben))
        ausgabe = self.aktivierung(numpy.dot(self.who, versteckt))
        fehler = ziele - ausgabe
        versteckt_fehler = numpy.dot(self.who.T, fehler * ausgabe * (1.0 - ausgabe))
        self.who += self.lr * numpy.dot(fehler * ausgabe * (1.0 - ausgabe), numpy.transpose(versteckt))
        self.wih += self.lr * numpy.dot(versteckt_fehler * versteckt * (1.0 - versteckt), numpy.transpose(eingaben))
        return 0.5 * numpy.sum(fehler ** 2)

    def abfragen(self, eingabeliste):
        eingaben = numpy.array(eingabeliste, ndmin=2).T
        return self.aktivierung(numpy.dot(self.who, self.aktivierung(numpy.dot(self.wih, eingaben))))


numpy.random.seed(77)
muster = numpy.random.rand(15, 4) * 0.98 + 0.01
klassen = (muster[:, 0] > muster[:, 1]) * 1 + (muster[:, 2] > 0.5)
netz = NeuronalesNetz(4, 3, 3, 0.3)

epochen = 10
for e in range(epochen):
    gesamtfehler = 0
    for zeile, k in zip(muster, klassen):
        ziel = numpy.zeros(3) + 0.01
        ziel[k] = 0.99
        gesamtfehler += netz.trainieren(zeile, ziel)
    print("Epoche", e, "Fehler", gesamtfehler)

treffer = [int(numpy.argmax(netz.abfragen(z)) == k) for z, k in zip(muster, klassen)]
print("Trefferquote", sum(treffer) / len(treffer))


FAULTS = """
raw-error-propagated | versteckt_fehler = numpy.dot(self.who.T, fehler * ausgabe * (1.0 - ausgabe)) | versteckt_fehler = numpy.dot(self.who.T, fehler)
transpose | versteckt_fehler = numpy.dot(self.who.T, fehler * ausgabe * (1.0 - ausgabe)) | versteckt_fehler = numpy.dot(self.who, fehler * ausgabe * (1.0 - ausgabe))
sign | self.wih += self.lr * numpy.dot(versteckt_fehler * versteckt * (1.0 - versteckt), numpy.transpose(eingaben)) | self.wih -= self.lr * numpy.dot(versteckt_fehler * versteckt * (1.0 - versteckt), numpy.transpose(eingaben))
"""
