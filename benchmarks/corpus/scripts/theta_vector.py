# all weights unrolled into one vector, as in the old machine learning course
import numpy as np

np.random.seed(6)
input_layer_size, hidden_layer_size, num_labels = 4, 5, 3
m = 30
X = np.random.randn(m, input_layer_size)
y = np.argmax(X @ np.random.randn(input_layer_size, num_labels), axis=1)
Y = np.eye(num_labels)[y]
lam = 0.1
split = hidden_layer_size * (input_layer_size + 1)
theta = np.random.uniform(-0.8, 0.8, split + num_labels * (hidden_layer_size + 1))


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def nnCostFunction(nn_params):
    Theta1 = nn_params[:split].reshape(hidden_layer_size, input_layer_size + 1)
    Theta2 = nn_params[split:].reshape(num_labels, hidden_layer_size + 1)
    a1 = np.hstack([np.ones((m, 1)), X])
    z2 = a1 @ Theta1.T
    a2 = np.hstack([np.ones((m, 1)), sigmoid(z2)])
    a3 = sigmoid(a2 @ Theta2.T)
    J = -np.sum(Y * np.log(a3) + (1 - Y) * np.log(1 - a3)) / m
    J += lam / (2 * m) * (np.sum(Theta1[:, 1:] ** 2) + np.sum(Theta2[:, 1:] ** 2))
    delta3 = a3 - Y
    delta2 = (delta3 @ Theta2)[:, 1:] * sigmoid(z2) * (1 - sigmoid(z2))
    Theta1_grad = delta2.T @ a1 / m
    Theta2_grad = delta3.T @ a2 / m
    Theta1_grad[:, 1:] += lam / m * Theta1[:, 1:]
    Theta2_grad[:, 1:] += lam / m * Theta2[:, 1:]
    return J, np.concatenate([Theta1_grad.ravel(), Theta2_grad.ravel()])


alpha = 0.8
J_history = np.zeros(150)
for iteration in range(150):
    J_history[iteration], grad = nnCostFunction(theta)
    theta = theta - alpha * grad
print("Cost:", J_history[0], "->", J_history[-1])


FAULTS = """
regulariser | Theta1_grad[:, 1:] += lam / m * Theta1[:, 1:] | Theta1_grad += lam / m * Theta1
missing-activation-derivative | delta2 = (delta3 @ Theta2)[:, 1:] * sigmoid(z2) * (1 - sigmoid(z2)) | delta2 = (delta3 @ Theta2)[:, 1:]
scale | Theta2_grad = delta3.T @ a2 / m | Theta2_grad = delta3.T @ a2
indexing | delta2 = (delta3 @ Theta2)[:, 1:] * sigmoid(z2) * (1 - sigmoid(z2)) | delta2 = (delta3 @ Theta2)[:, :-1] * sigmoid(z2) * (1 - sigmoid(z2))
"""
