# simple linear regression from scratch, no libraries
xs = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
ys = [2.1, 3.9, 6.2, 7.8, 10.1, 12.2]

m = 0
c = 0
L = 0.01
epochs = 200
n = float(len(xs))
history = []

for i in range(epochs):
    y_pred = [m * x + c for x in xs]
    loss = sum((y - yp) ** 2 for y, yp in zip(ys, y_pred)) / n
    history.append(loss)
    D_m = (-2 / n) * sum(x * (y - yp) for x, y, yp in zip(xs, ys, y_pred))
    D_c = (-2 / n) * sum(y - yp for y, yp in zip(ys, y_pred))
    m = m - L * D_m
    c = c - L * D_c

print(m, c)
print("final loss", history[-1])


FAULTS = """
scale | D_c = (-2 / n) * sum(y - yp for y, yp in zip(ys, y_pred)) | D_c = -2 * sum(y - yp for y, yp in zip(ys, y_pred))
wrong-operand | D_m = (-2 / n) * sum(x * (y - yp) for x, y, yp in zip(xs, ys, y_pred)) | D_m = (-2 / n) * sum(yp * (y - yp) for x, y, yp in zip(xs, ys, y_pred))
missing-gradient | c = c - L * D_c |
sign | m = m - L * D_m | m = m + L * D_m
"""
