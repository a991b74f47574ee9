# ex4.m ported to python: handwritten digits are replaced by 8x8 synthetic digits
# nnCostFunction with unrolled parameters, lambda, column of ones
import numpy as np

def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))

def sigmoidGradient(z):
    g = sigmoid(z)
    return g * (1 - g)

def randInitializeWeights(L_in, L_out):
    epsilon_init = 0.12
    return np.random.rand(L_out, 1 + L_in) * 2 * epsilon_init - epsilon_init

def nnCostFunction(nn_params, input_layer_size, hidden_layer_size, num_labels, X, y, lamb):
    Theta1 = nn_params[:hidden_layer_size * (input_layer_size + 1)].reshape(hidden_layer_size, input_layer_size + 1)
    Theta2 = nn_params[hidden_layer_size * (input_layer_size + 1):].reshape(num_labels, hidden_layer_size + 1)
    m = X.shape[0]
    J = 0
    Theta1_grad = np.zeros(Theta1.shape)
    Theta2_grad = np.zeros(Theta2.shape)
    Y = np.eye(num_labels)[y]

    for t in range(m):
        a_1 = np.hstack((1, X[t]))
        z_2 = Theta1.dot(a_1)
        a_2 = np.hstack((1, sigmoid(z_2)))
        z_3 = Theta2.dot(a_2)
        a_3 = sigmoid(z_3)
        J = J - (Y[t].dot(np.log(a_3)) + (1 - Y[t]).dot(np.log(1 - a_3))) / m

        delta_3 = a_3 - Y[t]
        delta_2 = Theta2[:, 1:].T.dot(delta_3) * sigmoidGradient(z_2)
        Theta1_grad += np.outer(delta_2, a_1)
        Theta2_grad += np.outer(delta_3, a_2)

    J = J + lamb / (2 * m) * (np.sum(Theta1[:, 1:] ** 2) + np.sum(Theta2[:, 1:] ** 2))
    Theta1_grad = Theta1_grad / m
    Theta2_grad = Theta2_grad / m
    Theta1_grad[:, 1:] = Theta1_grad[:, 1:] + lamb / m * Theta1[:, 1:]
    Theta2_grad[:, 1:] = Theta2_grad[:, 1:] + lamb / m * Theta2[:, 1:]
    grad = np.concatenate((Theta1_grad.ravel(), Theta2_grad.ravel()))
    return J, grad

np.random.seed(14)
glyphs = (np.random.rand(4, 16) > 0.5).astype(float)
y = np.random.randint(0, 4, 60)
X = glyphs[y] + 0.4 * np.random.randn(60, 16)
input_layer_size, hidden_layer_size, num_labels = 16, 6, 4
lamb = 1.0
nn_params = np.concatenate((randInitializeWeights(16, 6).ravel(), randInitializeWeights(6, 4).ravel()))
alpha = 1.5
for it in range(60):
    J, grad = nnCostFunction(nn_params, input_layer_size, hidden_layer_size, num_labels, X, y, lamb)
    nn_params = nn_params - alpha * grad
    if it % 10 == 0:
        print('Iteration %d | Cost: %f' % (it, J))

FAULTS = """
sigmoidGradient-at-the-activation-(applied-twice) | delta_2 = Theta2[:, 1:].T.dot(delta_3) * sigmoidGradient(z_2) | delta_2 = Theta2[:, 1:].T.dot(delta_3) * sigmoidGradient(sigmoid(z_2))
bias-column-regularised-too-(affects-column-0) | Theta1_grad[:, 1:] = Theta1_grad[:, 1:] + lamb / m * Theta1[:, 1:] | Theta1_grad = Theta1_grad + lamb / m * Theta1
bias-column-not-dropped-but-last-one-dropped | delta_2 = Theta2[:, 1:].T.dot(delta_3) * sigmoidGradient(z_2) | delta_2 = Theta2[:, :-1].T.dot(delta_3) * sigmoidGradient(z_2)
regularised-by-wrong-matrix-scale-1/(2m) | Theta2_grad[:, 1:] = Theta2_grad[:, 1:] + lamb / m * Theta2[:, 1:] | Theta2_grad[:, 1:] = Theta2_grad[:, 1:] + lamb / (2 * m) * Theta2[:, 1:]
y-times-extra-sigmoid-gradient-at-output | delta_3 = a_3 - Y[t] | delta_3 = (a_3 - Y[t]) * sigmoidGradient(z_3)
"""
