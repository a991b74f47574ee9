"""
Week 2 - Logistic Regression with a Neural Network mindset (own data instead of cats)
"""
import numpy as np

np.random.seed(3)
m_train, n_x = 120, 6
X = np.random.randn(n_x, m_train)
w_true = np.random.randn(n_x, 1)
Y = (np.dot(w_true.T, X) + 0.3 * np.random.randn(1, m_train) > 0).astype(int)


def sigmoid(z):
    s = 1.0 / (1.0 + np.exp(-z))
    return s


def initialize_with_zeros(dim):
    w = np.zeros((dim, 1))
    b = 0.0
    return w, b


def propagate(w, b, X, Y):
    m = X.shape[1]
    # FORWARD PROPAGATION (FROM X TO COST)
    A = sigmoid(np.dot(w.T, X) + b)
    cost = -1 / m * np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A))
    # BACKWARD PROPAGATION (TO FIND GRAD)
    dw = 1 / m * np.dot(X, (A - Y).T)
    db = 1 / m * np.sum(A - Y)
    cost = np.squeeze(cost)
    grads = {"dw": dw, "db": db}
    return grads, cost


def optimize(w, b, X, Y, num_iterations, learning_rate, print_cost=False):
    costs = []
    for i in range(num_iterations):
        grads, cost = propagate(w, b, X, Y)
        dw = grads["dw"]
        db = grads["db"]
        w = w - learning_rate * dw
        b = b - learning_rate * db
        if i % 100 == 0:
            costs.append(cost)
            if print_cost:
                print("Cost after iteration %i: %f" % (i, cost))
    params = {"w": w, "b": b}
    return params, grads, costs


def predict(w, b, X):
    A = sigmoid(np.dot(w.T, X) + b)
    return (A > 0.5).astype(int)


def model(X_train, Y_train, num_iterations=2000, learning_rate=0.5):
    w, b = initialize_with_zeros(X_train.shape[0])
    parameters, grads, costs = optimize(w, b, X_train, Y_train, num_iterations, learning_rate, True)
    P = predict(parameters["w"], parameters["b"], X_train)
    print("train accuracy: {} %".format(100 - np.mean(np.abs(P - Y_train)) * 100))
    return costs


d = model(X, Y, num_iterations=500, learning_rate=0.05)

FAULTS = """
bias-gradient-lacks-1/m | db = 1 / m * np.sum(A - Y) | db = np.sum(A - Y)
m-taken-from-the-wrong-axis-(features) | dw = 1 / m * np.dot(X, (A - Y).T) | dw = 1 / X.shape[0] * np.dot(X, (A - Y).T)
integer/parenthesis:-extra-derivative-of-the-sigmoid | dw = 1 / m * np.dot(X, (A - Y).T) | dw = 1 / m * np.dot(X, ((A - Y) * A * (1 - A)).T)
sign | dw = 1 / m * np.dot(X, (A - Y).T) | dw = 1 / m * np.dot(X, (Y - A).T)
bias-gradient-not-summed-but-only-the-absolute-error | db = 1 / m * np.sum(A - Y) | db = 1 / m * np.sum(np.abs(A - Y))
"""
