# ex4-like: feedforward NN with regularization, parameters unrolled, gradient descent by hand
import numpy as np

np.random.seed(1)

input_layer_size = 5
hidden_layer_size = 6
num_labels = 3
m = 40

X = np.random.randn(m, input_layer_size)
y = (np.abs(X[:, 0] + X[:, 1]) > 1).astype(int) + (X[:, 2] > 0.5)


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def sigmoidGradient(z):
    g = sigmoid(z)
    return g * (1 - g)


def randInitializeWeights(L_in, L_out):
    epsilon_init = 0.5
    return np.random.rand(L_out, 1 + L_in) * 2 * epsilon_init - epsilon_init


def nnCostFunction(nn_params, X, y, lambda_):
    split = hidden_layer_size * (input_layer_size + 1)
    Theta1 = nn_params[:split].reshape(hidden_layer_size, input_layer_size + 1)
    Theta2 = nn_params[split:].reshape(num_labels, hidden_layer_size + 1)
    m = X.shape[0]
    J = 0
    Theta1_grad = np.zeros(Theta1.shape)
    Theta2_grad = np.zeros(Theta2.shape)

    Y = np.eye(num_labels)[y]
    for t in range(m):
        a1 = np.append(1, X[t])
        z2 = Theta1 @ a1
        a2 = np.append(1, sigmoid(z2))
        z3 = Theta2 @ a2
        h = sigmoid(z3)
        J = J + (-Y[t] @ np.log(h) - (1 - Y[t]) @ np.log(1 - h)) / m
        delta3 = h - Y[t]
        delta2 = Theta2[:, 1:].T @ delta3 * sigmoidGradient(z2)
        Theta2_grad = Theta2_grad + np.outer(delta3, a2)
        Theta1_grad = Theta1_grad + np.outer(delta2, a1)

    J = J + lambda_ / (2 * m) * (np.sum(Theta1[:, 1:] ** 2) + np.sum(Theta2[:, 1:] ** 2))
    Theta1_grad = Theta1_grad / m
    Theta2_grad = Theta2_grad / m
    Theta1_grad[:, 1:] += lambda_ / m * Theta1[:, 1:]
    Theta2_grad[:, 1:] += lambda_ / m * Theta2[:, 1:]
    return J, np.concatenate([Theta1_grad.ravel(), Theta2_grad.ravel()])


initial_Theta1 = randInitializeWeights(input_layer_size, hidden_layer_size)
initial_Theta2 = randInitializeWeights(hidden_layer_size, num_labels)
nn_params = np.concatenate([initial_Theta1.ravel(), initial_Theta2.ravel()])

J_history = []
alpha = 1.0
i = 0
J_prev = float('inf')
while True:
    J, grad = nnCostFunction(nn_params, X, y, 0.5)
    J_history.append(J)
    if abs(J_prev - J) < 1e-4 or i >= 150:
        break
    nn_params = nn_params - alpha * grad
    J_prev = J
    i += 1
print('Cost after', i, 'iterations:', J)

FAULTS = """
wrong-activation-derivative | delta2 = Theta2[:, 1:].T @ delta3 * sigmoidGradient(z2) | delta2 = Theta2[:, 1:].T @ delta3 * sigmoidGradient(a2[1:])
wrong-index | delta2 = Theta2[:, 1:].T @ delta3 * sigmoidGradient(z2) | delta2 = Theta2[:, :-1].T @ delta3 * sigmoidGradient(z2)
wrong-index | Theta1_grad[:, 1:] += lambda_ / m * Theta1[:, 1:] | Theta1_grad += lambda_ / m * Theta1
overwritten | Theta1_grad = Theta1_grad + np.outer(delta2, a1) | Theta1_grad = np.outer(delta2, a1)
normalisation | Theta2_grad = Theta2_grad / m | Theta2_grad = Theta2_grad
missing-term | Theta2_grad[:, 1:] += lambda_ / m * Theta2[:, 1:] | pass
"""
