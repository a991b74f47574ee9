# 手写数字识别（自己造的 5x5 点阵），两层全连接网络
# 作者：大二学生，作业 3
import numpy as np

np.random.seed(0)

模板 = {
    0: ["01110", "10001", "10001", "10001", "01110"],
    1: ["00100", "01100", "00100", "00100", "01110"],
    2: ["01110", "00001", "00110", "01000", "01111"],
    3: ["11110", "00001", "01110", "00001", "11110"],
    4: ["10010", "10010", "11111", "00010", "00010"],
}


def 生成数据(每类=40, 噪声=0.25):
    图像, 标签 = [], []
    for 数字, 行 in 模板.items():
        基 = np.array([[float(c) for c in r] for r in 行]).ravel()
        for _ in range(每类):
            图像.append(基 + 噪声 * np.random.randn(25))
            标签.append(数字)
    return np.array(图像), np.array(标签)


# 激活函数
def relu(x):
    return np.maximum(x, 0)


def softmax(x):
    x = x - np.max(x, axis=1, keepdims=True)
    return np.exp(x) / np.sum(np.exp(x), axis=1, keepdims=True)


class TwoLayerNet:
    def __init__(self, input_size, hidden_size, output_size, std=0.1):
        self.params = {}
        self.params['W1'] = std * np.random.randn(input_size, hidden_size)
        self.params['b1'] = np.zeros(hidden_size)
        self.params['W2'] = std * np.random.randn(hidden_size, output_size)
        self.params['b2'] = np.zeros(output_size)

    # 返回损失和梯度
    def loss(self, X, y=None, reg=0.0):
        W1, b1 = self.params['W1'], self.params['b1']
        W2, b2 = self.params['W2'], self.params['b2']
        N = X.shape[0]
        hidden = relu(X.dot(W1) + b1)
        scores = hidden.dot(W2) + b2
        if y is None:
            return scores
        probs = softmax(scores)
        # 交叉熵 + L2 正则
        loss = -np.sum(np.log(probs[range(N), y])) / N
        loss += reg * (np.sum(W1 * W1) + np.sum(W2 * W2))
        grads = {}
        # 反向传播
        dscores = probs
        dscores[range(N), y] -= 1
        dscores /= N
        grads['W2'] = hidden.T.dot(dscores) + 2 * reg * W2
        grads['b2'] = np.sum(dscores, axis=0)
        dhidden = dscores.dot(W2.T)
        dhidden[hidden <= 0] = 0
        grads['W1'] = X.T.dot(dhidden) + 2 * reg * W1
        grads['b1'] = np.sum(dhidden, axis=0)
        return loss, grads

    def train(self, X, y, X_val, y_val, learning_rate=1e-1, decay=0.95, reg=1e-3,
              num_iters=200, batch_size=50, verbose=True):
        每轮 = max(X.shape[0] // batch_size, 1)
        损失历史 = []
        for it in range(num_iters):
            索引 = np.random.choice(X.shape[0], batch_size)
            loss, grads = self.loss(X[索引], y[索引], reg=reg)
            损失历史.append(loss)
            for 名字 in self.params:
                self.params[名字] += -learning_rate * grads[名字]
            if verbose and it % 50 == 0:
                print('第 %d / %d 次迭代: 损失 %f' % (it, num_iters, loss))
            if it % 每轮 == 0:
                learning_rate *= decay
        return {'loss': 损失历史, 'val': (self.predict(X_val) == y_val).mean()}

    def predict(self, X):
        return np.argmax(self.loss(X), axis=1)


X, y = 生成数据()
打乱 = np.random.permutation(len(X))
X, y = X[打乱], y[打乱]
网络 = TwoLayerNet(25, 20, 5)
结果 = 网络.train(X[:160], y[:160], X[160:], y[160:])
print('验证集准确率', 结果['val'])

FAULTS = """
wrong-factor | grads['W2'] = hidden.T.dot(dscores) + 2 * reg * W2 | grads['W2'] = hidden.T.dot(dscores) + reg * W2
missing-factor | dscores /= N | pass
missing-activation-derivative | dhidden[hidden <= 0] = 0 | pass
wrong-mask | dhidden[hidden <= 0] = 0 | dhidden[dhidden <= 0] = 0
wrong-axis | grads['b1'] = np.sum(dhidden, axis=0) | grads['b1'] = np.sum(dhidden)
wrong-regulariser | grads['W1'] = X.T.dot(dhidden) + 2 * reg * W1 | grads['W1'] = X.T.dot(dhidden) + 2 * reg
"""
