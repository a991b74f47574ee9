# Лабораторная работа №3. Обучение сети 2-4-1 методом обратного распространения (XOR с шумом)
# обновление весов после каждого примера, импульс
import random
import math

random.seed(8)

def sigma(x):
    return 1 / (1 + math.exp(-x))

skrytyh = 4
w1 = [[random.uniform(-1, 1) for _ in range(2)] for _ in range(skrytyh)]
b1 = [random.uniform(-1, 1) for _ in range(skrytyh)]
w2 = [random.uniform(-1, 1) for _ in range(skrytyh)]
b2 = random.uniform(-1, 1)
primery = [([a + random.gauss(0, 0.05), b + random.gauss(0, 0.05)], a ^ b)
           for a in (0, 1) for b in (0, 1) for _ in range(3)]
skorost = 0.5

for epoha in range(60):
    oshibka = 0
    for x, cel in primery:
        # прямой проход
        h = []
        for j in range(skrytyh):
            s = b1[j]
            for i in range(2):
                s += w1[j][i] * x[i]
            h.append(sigma(s))
        s = b2
        for j in range(skrytyh):
            s += w2[j] * h[j]
        y = sigma(s)
        oshibka += 0.5 * (cel - y) ** 2
        # обратный проход
        delta = (y - cel) * y * (1 - y)
        delta_h = [delta * w2[j] * h[j] * (1 - h[j]) for j in range(skrytyh)]
        for j in range(skrytyh):
            w2[j] -= skorost * delta * h[j]
            for i in range(2):
                w1[j][i] -= skorost * delta_h[j] * x[i]
            b1[j] -= skorost * delta_h[j]
        b2 -= skorost * delta
    if epoha % 20 == 0:
        print('эпоха', epoha, 'ошибка', oshibka)

FAULTS = """
missing-factor | delta = (y - cel) * y * (1 - y) | delta = (y - cel) * y
wrong-sign | delta = (y - cel) * y * (1 - y) | delta = (cel - y) * y * (1 - y)
missing-factor | delta_h = [delta * w2[j] * h[j] * (1 - h[j]) for j in range(skrytyh)] | delta_h = [delta * h[j] * (1 - h[j]) for j in range(skrytyh)]
wrong-index | w1[j][i] -= skorost * delta_h[j] * x[i] | w1[j][i] -= skorost * delta_h[i] * x[i]
missing-factor | b1[j] -= skorost * delta_h[j] | b1[j] -= skorost * delta_h[j] * h[j]
forgotten-update | b2 -= skorost * delta | pass
"""
