# 手写 softmax 分类器（小批量梯度下降）
import numpy as np

np.random.seed(0)
样本数, 特征数, 类别数 = 60, 4, 3
X = np.random.randn(样本数, 特征数)
真实W = np.random.randn(特征数, 类别数)
标签 = np.argmax(X @ 真实W, axis=1)

W = np.zeros((特征数, 类别数))   # 权重初始化为零
b = np.zeros(类别数)
学习率 = 0.2
批大小 = 12


def softmax(z):
    e = np.exp(z - np.max(z, axis=1, keepdims=True))
    return e / np.sum(e, axis=1, keepdims=True)


for 轮 in range(10):
    损失 = 0
    打乱 = np.random.permutation(样本数)
    for 起 in range(0, 样本数, 批大小):
        idx = 打乱[起:起 + 批大小]
        xb, yb = X[idx], 标签[idx]
        概率 = softmax(xb @ W + b)
        损失 += -np.sum(np.log(概率[np.arange(len(yb)), yb])) / len(yb)
        # 反向传播
        d = 概率.copy()
        d[np.arange(len(yb)), yb] -= 1
        d /= len(yb)
        W -= 学习率 * (xb.T @ d)
        b -= 学习率 * d.sum(axis=0)
    print(f'第{轮}轮 损失: {损失 / (样本数 // 批大小):.4f}')


FAULTS = """
loss-gradient | d /= len(yb) | d *= 概率 * (1 - 概率) / len(yb)
scale | b -= 学习率 * d.sum(axis=0) | b -= 学习率 * d.mean(axis=0)
sign | W -= 学习率 * (xb.T @ d) | W += 学习率 * (xb.T @ d)
missing-gradient | b -= 学习率 * d.sum(axis=0) |
"""
