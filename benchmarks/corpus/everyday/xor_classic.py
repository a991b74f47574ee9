# XOR with a 2-layer network - my first neural net!!
# followed a video, trying to understand each line
import numpy as np

np.random.seed(1)

def sigmoid(x):
    return 1/(1+np.exp(-x))

def sigmoid_derivative(s):
    # s is ALREADY the output of sigmoid
    return s*(1-s)

inputs = np.array([[0,0],[0,1],[1,0],[1,1]])
expected_output = np.array([[0],[1],[1],[0]])

epochs = 4000
lr = 0.5
inputLayerNeurons, hiddenLayerNeurons, outputLayerNeurons = 2,3,1

# random weights and bias
hidden_weights = np.random.uniform(-1, 1, size=(inputLayerNeurons,hiddenLayerNeurons))
hidden_bias = np.random.uniform(-1, 1, size=(1,hiddenLayerNeurons))
output_weights = np.random.uniform(-1, 1, size=(hiddenLayerNeurons,outputLayerNeurons))
output_bias = np.random.uniform(-1, 1, size=(1,outputLayerNeurons))

print("Initial hidden weights: ", end='')
print(*hidden_weights)
print("Initial output weights: ", end='')
print(*output_weights)

# Training algorithm
for i in range(epochs):
    # Forward Propagation
    hidden_layer_activation = np.dot(inputs,hidden_weights)
    hidden_layer_activation += hidden_bias
    hidden_layer_output = sigmoid(hidden_layer_activation)

    output_layer_activation = np.dot(hidden_layer_output,output_weights)
    output_layer_activation += output_bias
    predicted_output = sigmoid(output_layer_activation)

    # Backpropagation
    error = expected_output - predicted_output
    d_predicted_output = error * sigmoid_derivative(predicted_output)

    error_hidden_layer = d_predicted_output.dot(output_weights.T)
    d_hidden_layer = error_hidden_layer * sigmoid_derivative(hidden_layer_output)

    # Updating Weights and Biases
    output_weights += hidden_layer_output.T.dot(d_predicted_output) * lr
    output_bias += np.sum(d_predicted_output,axis=0,keepdims=True) * lr
    hidden_weights += inputs.T.dot(d_hidden_layer) * lr
    hidden_bias += np.sum(d_hidden_layer,axis=0,keepdims=True) * lr

    if i % 500 == 0:
        print("epoch", i, "mse:", np.mean(np.square(error)))

print("Final hidden weights: ", end='')
print(*hidden_weights)
print("Output from neural network after", epochs, "epochs: ", end='')
print(*predicted_output)

FAULTS = """
missing-activation-derivative | d_hidden_layer = error_hidden_layer * sigmoid_derivative(hidden_layer_output) | d_hidden_layer = error_hidden_layer
double-sigmoid | d_predicted_output = error * sigmoid_derivative(predicted_output) | d_predicted_output = error * sigmoid_derivative(output_layer_activation)
wrong-sign | hidden_bias += np.sum(d_hidden_layer,axis=0,keepdims=True) * lr | hidden_bias -= np.sum(d_hidden_layer,axis=0,keepdims=True) * lr
missing-sum | output_bias += np.sum(d_predicted_output,axis=0,keepdims=True) * lr | output_bias += np.mean(d_predicted_output,axis=0,keepdims=True) * lr
wrong-variable | error_hidden_layer = d_predicted_output.dot(output_weights.T) | error_hidden_layer = error.dot(output_weights.T)
never-updated | hidden_weights += inputs.T.dot(d_hidden_layer) * lr | hidden_weights = hidden_weights
"""
