# 手写数字识别: 卷积 -> ReLU -> 最大池化 -> 展平 -> 全连接(dropout) -> 全连接
# 课程大作业, 不用框架. 数据格式 (批, 通道, 高, 宽)
import numpy as np


class 卷积:
    def __init__(self, 入, 出, 核, 步长, rng):
        self.W = rng.randn(出, 入, 核, 核) * np.sqrt(2 / (入 * 核 * 核))
        self.b = rng.randn(出) * 0.1
        self.核, self.步长 = 核, 步长

    def 前向(self, x):
        self.x = x
        k, s = self.核, self.步长
        n, _, h, w = x.shape
        高, 宽 = (h - k) // s + 1, (w - k) // s + 1
        y = np.zeros((n, len(self.W), 高, 宽))
        for i in range(高):
            for j in range(宽):
                块 = x[:, :, i * s:i * s + k, j * s:j * s + k]
                y[:, :, i, j] = np.tensordot(块, self.W, axes=([1, 2, 3], [1, 2, 3])) + self.b
        return y

    def 反向(self, dy):
        k, s = self.核, self.步长
        self.dW = np.zeros_like(self.W)
        self.db = dy.sum(axis=(0, 2, 3))
        dx = np.zeros_like(self.x)
        for i in range(dy.shape[2]):
            for j in range(dy.shape[3]):
                块 = self.x[:, :, i * s:i * s + k, j * s:j * s + k]
                self.dW += np.tensordot(dy[:, :, i, j], 块, axes=([0], [0]))
                dx[:, :, i * s:i * s + k, j * s:j * s + k] += np.tensordot(dy[:, :, i, j], self.W, axes=([1], [0]))
        return dx


class 激活:
    def 前向(self, x):
        self.x = x
        return np.maximum(x, 0)

    def 反向(self, dy):
        return dy * (self.x > 0)


class 最大池化:
    def 前向(self, x):
        n, c, h, w = x.shape
        self.形状 = x.shape
        窗 = x.reshape(n, c, h // 2, 2, w // 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(n, c, h // 2, w // 2, 4)
        self.位置 = 窗.argmax(axis=-1)
        return 窗.max(axis=-1)

    def 反向(self, dy):
        n, c, h, w = self.形状
        d窗 = np.zeros(dy.shape + (4,))
        np.put_along_axis(d窗, self.位置[..., None], dy[..., None], axis=-1)
        return d窗.reshape(n, c, h // 2, w // 2, 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(n, c, h, w)


class 展平:
    def 前向(self, x):
        self.形状 = x.shape
        return x.reshape(len(x), -1)

    def 反向(self, dy):
        return dy.reshape(self.形状)


class 全连接:
    def __init__(self, 入, 出, rng):
        self.W, self.b = rng.randn(入, 出) * np.sqrt(2 / 入), rng.randn(出) * 0.1

    def 前向(self, x):
        self.x = x
        return x @ self.W + self.b

    def 反向(self, dy):
        self.dW = self.x.T @ dy
        self.db = dy.sum(axis=0)
        return dy @ self.W.T


class 随机失活:
    def __init__(self, 保留, 种子):
        self.保留, self.种子 = 保留, 种子

    def 前向(self, x):
        self.掩码 = (np.random.RandomState(self.种子).rand(*x.shape) < self.保留) / self.保留
        return x * self.掩码

    def 反向(self, dy):
        return dy * self.掩码


class 网络:
    def __init__(self, 种子):
        rng = np.random.RandomState(种子)
        self.层 = [卷积(1, 2, 2, 1, rng), 激活(), 卷积(2, 2, 2, 1, rng), 最大池化(), 展平(), 全连接(8, 5, rng), 激活(),
                  随机失活(0.7, 3), 全连接(5, 3, rng)]

    def 损失(self, x, 标签):
        for 层 in self.层:
            x = 层.前向(x)
        self.概率 = np.exp(x - x.max(axis=1, keepdims=True))
        self.概率 /= self.概率.sum(axis=1, keepdims=True)
        return -np.log(self.概率[range(len(标签)), 标签]).mean()

    def 反向(self, x, 标签):
        self.损失(x, 标签)
        d = self.概率.copy()
        d[range(len(标签)), 标签] -= 1
        d = d / len(标签)
        for 层 in self.层[::-1]:
            d = 层.反向(d)
        return [(层.dW, 层.db) for 层 in self.层 if hasattr(层, "W")]


# ---- problem
def problem():
    net = 网络(6)
    rng = np.random.RandomState(7)
    x, 标签 = rng.randn(3, 1, 6, 6), np.array([0, 2, 1])
    params = [(层.W, 层.b) for 层 in net.层 if hasattr(层, "W")]
    return dict(loss=lambda: net.损失(x, 标签), params=params, grads=lambda: net.反向(x, 标签))


FAULTS = """
indexing | return d窗.reshape(n, c, h // 2, w // 2, 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(n, c, h, w) | return d窗.reshape(n, c, h, w)
accumulation | dx[:, :, i * s:i * s + k, j * s:j * s + k] += np.tensordot(dy[:, :, i, j], self.W, axes=([1], [0])) | dx[:, :, i * s:i * s + k, j * s:j * s + k] = np.tensordot(dy[:, :, i, j], self.W, axes=([1], [0]))
dropout-mask | return dy * self.掩码 | return dy * (self.掩码 > 0)
dropout-mask | return dy * self.掩码 | return dy
bias-reduction | self.db = dy.sum(axis=(0, 2, 3)) | self.db = dy.mean(axis=(0, 2, 3))
accumulation | self.dW += np.tensordot(dy[:, :, i, j], 块, axes=([0], [0])) | self.dW = np.tensordot(dy[:, :, i, j], 块, axes=([0], [0]))
missing-activation-derivative | return dy * (self.x > 0) | return dy
indexing | np.put_along_axis(d窗, self.位置[..., None], dy[..., None], axis=-1) | d窗 += dy[..., None] / 4
"""
