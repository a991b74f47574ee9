# Rete neurale in Python puro per la tesina: niente numpy nei conti, solo liste
import math
import random


class Strato:
    def __init__(self, n_ingressi, n_neuroni, attivazione):
        self.pesi = [[random.uniform(-1, 1) for _ in range(n_ingressi)] for _ in range(n_neuroni)]
        self.soglie = [random.uniform(-0.3, 0.3) for _ in range(n_neuroni)]
        self.attivazione = attivazione
        self.azzera()

    def azzera(self):
        self.d_pesi = [[0.0] * len(riga) for riga in self.pesi]
        self.d_soglie = [0.0] * len(self.soglie)

    def avanti(self, x):
        self.x = x
        self.uscita = []
        for riga, s in zip(self.pesi, self.soglie):
            z = sum(p * xi for p, xi in zip(riga, x)) + s
            self.uscita.append(math.atan(z) if self.attivazione == "atan" else z)
        return self.uscita

    def indietro(self, d_uscita):
        d_x = [0.0] * len(self.x)
        for j, d in enumerate(d_uscita):
            if self.attivazione == "atan":
                d = d * math.cos(self.uscita[j]) ** 2
            self.d_soglie[j] += d
            for i in range(len(self.x)):
                self.d_pesi[j][i] += d * self.x[i]
                d_x[i] += d * self.pesi[j][i]
        return d_x


def avanti(strati, x):
    for s in strati:
        x = s.avanti(x)
    return x


def errore(strati, esempi):
    tot = 0.0
    for x, y in esempi:
        tot += sum((o - t) ** 4 for o, t in zip(avanti(strati, x), y))
    return tot / (2 * len(esempi))


def gradienti(strati, esempi):
    for s in strati:
        s.azzera()
    for x, y in esempi:
        o = avanti(strati, x)
        d = [2 * (oi - ti) ** 3 / len(esempi) for oi, ti in zip(o, y)]
        for s in reversed(strati):
            d = s.indietro(d)
    return [(s.d_pesi, s.d_soglie) for s in strati]


# ---- problem
def problem():
    random.seed(11)
    strati = [Strato(2, 3, "atan"), Strato(3, 3, "atan"), Strato(3, 2, "lineare")]
    esempi = [([random.gauss(0, 1), random.gauss(0, 1)], [random.gauss(0, 1), random.gauss(0, 1)]) for _ in range(5)]
    params = [(s.pesi, s.soglie) for s in strati]
    return dict(params=params, loss=lambda: errore(strati, esempi), grads=lambda: gradienti(strati, esempi))


FAULTS = """
accumulation | self.d_soglie[j] += d | self.d_soglie[j] = d
wrong-operand | d_x[i] += d * self.pesi[j][i] | d_x[i] += d * self.x[i]
loss-gradient | d = [2 * (oi - ti) ** 3 / len(esempi) for oi, ti in zip(o, y)] | d = [2 * (oi - ti) / len(esempi) for oi, ti in zip(o, y)]
wrong-activation-derivative | d = d * math.cos(self.uscita[j]) ** 2 | d = d * (1 - self.uscita[j] ** 2)
missing-activation-derivative | if self.attivazione == "atan":;;d = d * math.cos(self.uscita[j]) ** 2 | pass
accumulation | d_x[i] += d * self.pesi[j][i] | d_x[i] = d * self.pesi[j][i]
"""
