"""Knowledge distillation: the student sees the teacher's soft targets (temperature) and hard labels."""
import numpy as np


def softmax(z, temperature=1.0):
    z = z / temperature
    z = z - z.max(axis=-1, keepdims=True)
    e = np.exp(z)
    return e / e.sum(axis=-1, keepdims=True)


class Student:
    TEMPERATURE = 3.0
    MIX = 0.4

    def __init__(self, n_in, n_hidden, n_classes):
        rng = np.random.default_rng(1312)
        self.theta = {
            "first": {"kernel": rng.normal(size=(n_in, n_hidden)), "bias": rng.normal(size=n_hidden)},
            "second": {"kernel": rng.normal(size=(n_hidden, n_classes)), "bias": np.zeros(n_classes)},
        }

    def call(self, inputs):
        first, second = self.theta["first"], self.theta["second"]
        hidden = inputs @ first["kernel"] + first["bias"]
        active = np.where(hidden > 0, hidden, 0.3 * hidden)
        return hidden, active, active @ second["kernel"] + second["bias"]

    def objective(self, inputs, teacher_logits, labels):
        logits = self.call(inputs)[-1]
        T = self.TEMPERATURE
        soft = softmax(teacher_logits, T)
        log_q = np.log(softmax(logits, T))
        kl = np.sum(soft * (np.log(soft) - log_q)) / len(inputs)
        hard = -np.mean(np.log(softmax(logits)[np.arange(len(labels)), labels]))
        return self.MIX * T ** 2 * kl + (1 - self.MIX) * hard

    def gradient(self, inputs, teacher_logits, labels):
        hidden, active, logits = self.call(inputs)
        T, batch = self.TEMPERATURE, len(inputs)
        d_soft = T * (softmax(logits, T) - softmax(teacher_logits, T)) / batch
        onehot = np.eye(logits.shape[1])[labels]
        d_hard = (softmax(logits) - onehot) / batch
        d_logits = self.MIX * d_soft + (1 - self.MIX) * d_hard
        d_active = d_logits @ self.theta["second"]["kernel"].T
        d_hidden = d_active * np.where(hidden > 0, 1, 0.3)
        return {
            "first": {"kernel": inputs.T @ d_hidden, "bias": d_hidden.sum(axis=0)},
            "second": {"kernel": active.T @ d_logits, "bias": d_logits.sum(axis=0)},
        }


# ---- problem
def problem():
    student = Student(4, 5, 3)
    rng = np.random.default_rng(5)
    data = rng.normal(size=(8, 4)), 2 * rng.normal(size=(8, 3)), rng.integers(0, 3, 8)
    return dict(loss=lambda: student.objective(*data), params=student.theta,
                grads=lambda: student.gradient(*data))


FAULTS = """
scale | d_soft = T * (softmax(logits, T) | d_soft = (softmax(logits, T)
scale | d_soft = T * (softmax(logits, T) | d_soft = T ** 2 * (softmax(logits, T)
loss-gradient | d_soft = T * (softmax(logits, T) - softmax(teacher_logits, T)) / batch | d_soft = T * (logits - teacher_logits) / batch
sign | T * (softmax(logits, T) - softmax(teacher_logits, T)) / batch | T * (softmax(teacher_logits, T) - softmax(logits, T)) / batch
missing-term | d_logits = self.MIX * d_soft + (1 - self.MIX) * d_hard | d_logits = (1 - self.MIX) * d_hard
wrong-operand | "first": {"kernel": inputs.T @ d_hidden, | "first": {"kernel": inputs.T @ d_active,
wrong-operand | "second": {"kernel": active.T @ d_logits, | "second": {"kernel": hidden.T @ d_logits,
wrong-activation-derivative | d_hidden = d_active * np.where(hidden > 0, 1, 0.3) | d_hidden = d_active * (hidden > 0)
bias-reduction | "bias": d_logits.sum(axis=0)}, | "bias": d_logits.mean(axis=0)},
"""
