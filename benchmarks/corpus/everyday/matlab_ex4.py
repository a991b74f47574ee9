# nnCostFunction translated from Octave; Theta includes the bias column
import numpy as np


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def sigmoidGradient(z):
    g = sigmoid(z)
    return g * (1 - g)


def randInitializeWeights(L_in, L_out):
    epsilon_init = 0.35
    return np.random.rand(L_out, 1 + L_in) * 2 * epsilon_init - epsilon_init


def nnCostFunction(nn_params, input_layer_size, hidden_layer_size, num_labels, X, y, Lambda):
    # Reshape nn_params back into Theta1 and Theta2
    Theta1 = nn_params[:hidden_layer_size * (input_layer_size + 1)].reshape(
        (hidden_layer_size, input_layer_size + 1), order='F')
    Theta2 = nn_params[hidden_layer_size * (input_layer_size + 1):].reshape(
        (num_labels, hidden_layer_size + 1), order='F')
    m = X.shape[0]

    a1 = np.hstack([np.ones((m, 1)), X])
    z2 = a1.dot(Theta1.T)
    a2 = np.hstack([np.ones((m, 1)), sigmoid(z2)])
    z3 = a2.dot(Theta2.T)
    h = sigmoid(z3)
    Y = np.eye(num_labels)[y, :]

    J = np.sum(-Y * np.log(h) - (1 - Y) * np.log(1 - h)) / m
    J = J + Lambda / (2 * m) * (np.sum(Theta1[:, 1:] ** 2) + np.sum(Theta2[:, 1:] ** 2))

    delta3 = h - Y
    delta2 = delta3.dot(Theta2)[:, 1:] * sigmoidGradient(z2)
    Theta1_grad = delta2.T.dot(a1) / m
    Theta2_grad = delta3.T.dot(a2) / m
    Theta1_grad[:, 1:] = Theta1_grad[:, 1:] + Lambda / m * Theta1[:, 1:]
    Theta2_grad[:, 1:] = Theta2_grad[:, 1:] + Lambda / m * Theta2[:, 1:]

    grad = np.concatenate([Theta1_grad.ravel(order='F'), Theta2_grad.ravel(order='F')])
    return J, grad


np.random.seed(3)
input_layer_size = 6
hidden_layer_size = 5
num_labels = 3
m = 90
y = np.mod(np.arange(m), num_labels)
X = np.random.randn(m, input_layer_size)
X[np.arange(m), y] += 2
X[:, 5] = np.sin(np.arange(m))

print('Initializing Neural Network Parameters ...')
initial_Theta1 = randInitializeWeights(input_layer_size, hidden_layer_size)
initial_Theta2 = randInitializeWeights(hidden_layer_size, num_labels)
nn_params = np.concatenate([initial_Theta1.ravel(order='F'), initial_Theta2.ravel(order='F')])

print('Training Neural Network...')
costs = np.zeros(150)
for it in range(150):
    J, grad = nnCostFunction(nn_params, input_layer_size, hidden_layer_size, num_labels, X, y, 0.8)
    nn_params = nn_params - 0.8 * grad
    costs[it] = J
    if it % 50 == 0:
        print('Iteration %d | Cost: %f' % (it, J))
print('Final cost %f' % costs[-1])

FAULTS = """
off-by-one | delta2 = delta3.dot(Theta2)[:, 1:] * sigmoidGradient(z2) | delta2 = delta3.dot(Theta2)[:, :-1] * sigmoidGradient(z2)
wrong-variable | delta2 = delta3.dot(Theta2)[:, 1:] * sigmoidGradient(z2) | delta2 = delta3.dot(Theta2)[:, 1:] * sigmoidGradient(sigmoid(z2))
missing-factor | Theta1_grad = delta2.T.dot(a1) / m | Theta1_grad = delta2.T.dot(a1)
regulariser-on-bias | Theta1_grad[:, 1:] = Theta1_grad[:, 1:] + Lambda / m * Theta1[:, 1:] | Theta1_grad = Theta1_grad + Lambda / m * Theta1
missing-regulariser | Theta2_grad[:, 1:] = Theta2_grad[:, 1:] + Lambda / m * Theta2[:, 1:] | pass
extra-derivative | delta3 = h - Y | delta3 = (h - Y) * sigmoidGradient(z3)
"""
