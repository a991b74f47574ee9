import numpy as np

np.random.seed(2)
text = "the quick brown fox jumps over the lazy dog and the quick cat"
tokens = text.lower().split()
vocab = sorted(set(tokens))
word_to_id = {w: i for i, w in enumerate(vocab)}

pairs = []
window = 2
for pos, w in enumerate(tokens):
    for off in range(-window, window + 1):
        if off != 0 and 0 <= pos + off < len(tokens):
            pairs.append((word_to_id[w], word_to_id[tokens[pos + off]]))

V, EMB = len(vocab), 5
W_embed = np.random.uniform(-0.5, 0.5, (V, EMB))
W_context = np.random.uniform(-0.5, 0.5, (EMB, V))
LEARNING_RATE = 0.05

for epoch in range(15):
    loss = 0
    for center, context in pairs:
        h = W_embed[center]
        u = np.dot(W_context.T, h)
        y_pred = np.exp(u) / np.sum(np.exp(u))
        loss += -np.log(y_pred[context])

        e = y_pred.copy()
        e[context] -= 1
        dW_context = np.outer(h, e)
        dh = np.dot(W_context, e)
        W_context -= LEARNING_RATE * dW_context
        W_embed[center] -= LEARNING_RATE * dh
    if epoch % 5 == 0:
        print('Epoch:', epoch, 'Loss:', loss / len(pairs))


FAULTS = """
updated-weights-used | dh = np.dot(W_context, e);;W_context -= LEARNING_RATE * dW_context | W_context -= LEARNING_RATE * dW_context;;dh = np.dot(W_context, e)
indexing | W_embed[center] -= LEARNING_RATE * dh | W_embed[context] -= LEARNING_RATE * dh
sign | W_context -= LEARNING_RATE * dW_context | W_context += LEARNING_RATE * dW_context
softmax-jacobian | e = y_pred.copy();;e[context] -= 1 | e = np.zeros(V);;e[context] = y_pred[context] - 1
"""
