# Karpathy pong style policy gradient with cached episodes, but on a catch-the-ball toy. model dict, rmsprop
import numpy as np

H = 12
D = 6
gamma = 0.97
decay_rate = 0.99
learning_rate = 3e-3
batch_size = 4

np.random.seed(13)
model = {}
model['W1'] = np.random.randn(H, D) / np.sqrt(D)
model['W2'] = np.random.randn(H) / np.sqrt(H)
grad_buffer = {k: np.zeros_like(v) for k, v in model.items()}
rmsprop_cache = {k: np.zeros_like(v) for k, v in model.items()}

def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))

def discount_rewards(r):
    discounted_r = np.zeros_like(r)
    running_add = 0
    for t in reversed(range(0, r.size)):
        if r[t] != 0: running_add = 0
        running_add = running_add * gamma + r[t]
        discounted_r[t] = running_add
    return discounted_r

def policy_forward(x):
    h = np.dot(model['W1'], x)
    h[h < 0] = 0
    logp = np.dot(model['W2'], h)
    return sigmoid(logp), h

def policy_backward(eph, epdlogp, epx):
    dW2 = np.dot(eph.T, epdlogp).ravel()
    dh = np.outer(epdlogp, model['W2'])
    dh[eph <= 0] = 0
    dW1 = np.dot(dh.T, epx)
    return {'W1': dW1, 'W2': dW2}

running_reward = None
for episode_number in range(1, 41):
    xs, hs, dlogps, drs, ys = [], [], [], [], []
    for rally in range(5):
        ball, paddle = np.random.randint(0, 6), 3
        for step in range(6):
            x = np.zeros(D)
            x[0], x[1], x[2] = ball / 6.0, paddle / 6.0, step / 6.0
            x[3], x[4], x[5] = (ball - paddle) / 3.0, 1.0, abs(ball - paddle) / 3.0
            aprob, h = policy_forward(x)
            action = 2 if np.random.uniform() < aprob else 3
            xs.append(x)
            hs.append(h)
            y = 1 if action == 2 else 0
            ys.append(y)
            dlogps.append(y - aprob)
            paddle = min(5, paddle + 1) if action == 2 else max(0, paddle - 1)
            drs.append((1.0 if abs(ball - paddle) <= 1 else -1.0) if step == 5 else 0.0)
    epx, eph, epdlogp, epr = np.vstack(xs), np.vstack(hs), np.vstack(dlogps), np.vstack(drs)
    discounted_epr = discount_rewards(epr)
    discounted_epr -= np.mean(discounted_epr)
    discounted_epr /= np.std(discounted_epr) + 1e-9
    epdlogp *= discounted_epr
    grad = policy_backward(eph, epdlogp, epx)
    for k in model: grad_buffer[k] += grad[k]
    if episode_number % batch_size == 0:
        for k, v in model.items():
            g = grad_buffer[k]
            rmsprop_cache[k] = decay_rate * rmsprop_cache[k] + (1 - decay_rate) * g ** 2
            model[k] += learning_rate * g / (np.sqrt(rmsprop_cache[k]) + 1e-5)
            grad_buffer[k] = np.zeros_like(v)
    total = sum(drs)
    running_reward = total if running_reward is None else running_reward * 0.99 + total * 0.01
print('final running mean reward: %f' % running_reward)

FAULTS = """
relu-mask-forgotten | dh[eph <= 0] = 0 | 
relu-mask-on-dh-itself | dh[eph <= 0] = 0 | dh[dh <= 0] = 0
advantage-multiplied-twice-/-fake-label-sign | dlogps.append(y - aprob) | dlogps.append(aprob - y)
"""
