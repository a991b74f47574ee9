"""A torch.autograd.Function with a backward of your own, checked where it is used: in a module.

Tensors on the CPU are taken as they are; float64 shows errors a thousand times smaller.

    pip install torch
"""

import torch

from gradcheck import check_gradients


class Swish(torch.autograd.Function):
    """x sigmoid(x), remembering no more than x."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * torch.sigmoid(x)

    @staticmethod
    def backward(ctx, cotangent):
        (x,) = ctx.saved_tensors
        s = torch.sigmoid(x)
        return cotangent * (s + x * s * (1 - s))


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden, self.out = torch.nn.Linear(3, 5), torch.nn.Linear(5, 2)

    def forward(self, x):
        return self.out(Swish.apply(self.hidden(x)))


torch.manual_seed(0)
net = Net().double()
x, target = torch.randn(8, 3).double(), torch.randn(8, 2).double()


def loss():
    return torch.nn.functional.mse_loss(net(x), target)


def grads():
    net.zero_grad()
    loss().backward()
    return {name: p.grad for name, p in net.named_parameters()}


report = check_gradients(loss, net, grads)
print(report)
