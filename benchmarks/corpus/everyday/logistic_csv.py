"""
Logistic regression for the exam data of my class. Plain Python, no numpy, because
I show it to 11th graders and they should see every single number.
"""
import csv
import io
from math import exp, log

DATA = """hours,sleep,passed
1.0,7.5,0
1.5,6.0,0
2.0,8.0,0
2.2,5.0,0
2.5,7.0,1
3.0,6.5,0
3.1,8.1,1
3.5,5.5,0
4.0,7.0,1
4.4,6.1,1
4.5,8.0,1
5.0,4.5,0
5.2,7.7,1
6.0,6.0,1
"""

rows = list(csv.DictReader(io.StringIO(DATA)))
hours = [float(r["hours"]) for r in rows]
sleep = [float(r["sleep"]) for r in rows]
passed = [int(r["passed"]) for r in rows]
n = len(rows)


def standardise(v):
    mean = sum(v) / len(v)
    sd = (sum((a - mean) ** 2 for a in v) / len(v)) ** 0.5
    return [(a - mean) / sd for a in v]


hours, sleep = standardise(hours), standardise(sleep)

w_hours, w_sleep, bias = 0.1, -0.1, 0.0
rate = 0.3
previous = float("inf")
step = 0

while True:
    loss = g_hours = g_sleep = g_bias = 0.0
    for h, s, y in zip(hours, sleep, passed):
        z = w_hours * h + w_sleep * s + bias
        p = 1 / (1 + exp(-z))
        loss += -(y * log(p) + (1 - y) * log(1 - p))
        g_hours += (p - y) * h
        g_sleep += (p - y) * s
        g_bias += p - y
    loss /= n
    w_hours -= rate * g_hours / n
    w_sleep -= rate * g_sleep / n
    bias -= rate * g_bias / n
    if step % 50 == 0:
        print(f"step {step:4d}   loss {loss:.5f}")
    step += 1
    if abs(previous - loss) < 1e-5 or step > 2000:
        break
    previous = loss

print(f"P(pass) = sigmoid({w_hours:.2f} * hours + {w_sleep:.2f} * sleep + {bias:.2f})")

FAULTS = """
wrong-variable | g_sleep += (p - y) * s | g_sleep += (p - y) * h
overwritten | g_bias += p - y | g_bias = p - y
extra-derivative | g_hours += (p - y) * h | g_hours += (p - y) * p * (1 - p) * h
missing-factor | bias -= rate * g_bias / n | bias -= rate * g_bias
wrong-gradient | w_sleep -= rate * g_sleep / n | w_sleep -= rate * g_hours / n
wrong-sign | w_hours -= rate * g_hours / n | w_hours += rate * g_hours / n
"""
