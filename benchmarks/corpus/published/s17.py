# REINFORCE on a 1-D corridor (6 cells, goal right). Policy = softmax of a linear layer on one-hot states
import numpy as np
np.random.seed(2)

n_states = 6
n_actions = 2
theta = np.zeros((n_states, n_actions))
gamma = 0.95
lr = 0.1

def softmax(x):
    x = x - np.max(x)
    return np.exp(x) / np.sum(np.exp(x))

def play(theta, max_steps=30):
    s = 0
    states, actions, rewards = [], [], []
    for _ in range(max_steps):
        a = np.random.choice(n_actions, p=softmax(theta[s]))
        s2 = min(s + 1, n_states - 1) if a == 1 else max(s - 1, 0)
        r = 1.0 if s2 == n_states - 1 else -0.01
        states.append(s)
        actions.append(a)
        rewards.append(r)
        s = s2
        if s == n_states - 1:
            break
    return states, actions, rewards

baseline = 0.0
for episode in range(200):
    states, actions, rewards = play(theta)
    # discounted returns
    G = np.zeros(len(rewards))
    run = 0.0
    for t in reversed(range(len(rewards))):
        run = rewards[t] + gamma * run
        G[t] = run
    adv = G - baseline
    baseline += 0.05 * (G[0] - baseline)
    loss = 0.0
    for t in range(len(states)):
        p = softmax(theta[states[t]])
        loss += -np.log(p[actions[t]]) * adv[t]
    grad = np.zeros_like(theta)
    for t in range(len(states)):
        p = softmax(theta[states[t]])
        onehot = np.zeros(n_actions)
        onehot[actions[t]] = 1.0
        grad[states[t]] += (p - onehot) * adv[t]
    theta -= lr * grad
    if episode % 40 == 0:
        print("episode", episode, "length", len(states), "pseudo-loss", round(loss, 4))
print(np.array([softmax(theta[s])[1] for s in range(n_states)]).round(3))

FAULTS = """
assignment-instead-of-accumulation | grad[states[t]] += (p - onehot) * adv[t] | grad[states[t]] = (p - onehot) * adv[t]
uses-G-rather-than-advantage | grad[states[t]] += (p - onehot) * adv[t] | grad[states[t]] += (p - onehot) * G[t]
only-last-reward-(stale-run) | grad[states[t]] += (p - onehot) * adv[t] | grad[states[t]] += (p - onehot) * adv[0]
p-forgotten | grad[states[t]] += (p - onehot) * adv[t] | grad[states[t]] += -onehot * adv[t]
sign | grad[states[t]] += (p - onehot) * adv[t] | grad[states[t]] += (onehot - p) * adv[t]
"""
