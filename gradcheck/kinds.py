"""The kinds of mistake, a row each: what it looks like, why it happens, wrong code, right code.

`python -m gradcheck.kinds` prints them as docs/kinds.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """One row: its texts. How it is recognised stands in diagnose.py and chain.py."""

    name: str
    looks: str
    why: str
    wrong: str
    right: str
    advice: str


def _rows() -> Iterator[Kind]:
    yield Kind(
        "sign",
        "Every entry has the size of the numerical gradient and the opposite sign, often from one "
        "layer down to the input.",
        "The error was taken as target - output, or an update with += was written for such an "
        "error and later met one with -=.",
        "dZ = (T - Y) / N",
        "dZ = (Y - T) / N",
        "Flip the sign: the derivative of (y - t)**2 by y is 2 (y - t), not 2 (t - y).",
    )
    yield Kind(
        "scale",
        "Every entry is one and the same factor too large or too small.",
        "The loss averages and the gradient sums, or both divide; the 2 of a square is lost or "
        "counted twice; the learning rate is inside the gradient.",
        "loss = ((Y - T)**2).mean();  dY = Y - T",
        "loss = ((Y - T)**2).mean();  dY = 2 * (Y - T) / Y.size",
        "Put the same constant into the loss and into its gradient, once.",
    )
    yield Kind(
        "missing-activation-derivative",
        "Wrong from this layer down; each unit and sample by a factor of its own.",
        "The cotangent is passed through the layer as if its activation were the identity.",
        "dZ = dA",
        "dZ = dA * A * (1 - A)",
        "Multiply the cotangent by the derivative of the activation, entry by entry.",
    )
    yield Kind(
        "activation-derivative-at-wrong-value",
        "Wrong from this layer down; right only where activation and pre-activation are alike.",
        "A derivative that expects z is given a (activated twice), or the other way round.",
        "dZ = dA * sigmoid_derivative(A)   # which computes sigmoid(A) * (1 - sigmoid(A))",
        "dZ = dA * sigmoid_derivative(Z)",
        "Give the derivative what its formula is written for: z, or a = f(z).",
    )
    yield Kind(
        "wrong-activation-derivative",
        "Wrong from this layer down; each unit and sample by a factor of its own.",
        "The formula belongs to another activation, or has lost a square.",
        "dZ = dA * (1 - A)        # tanh",
        "dZ = dA * (1 - A**2)",
        "Use the derivative of the activation that the forward pass applies.",
    )
    yield Kind(
        "transpose",
        "A weight gradient equals the numerical one read the other way round; or all layers below "
        "one are wrong.",
        "On a square layer the wrong order of factors raises no error; a reshape hides it.",
        "dW = dZ.T @ A;  dA = dZ @ W",
        "dW = A.T @ dZ;  dA = dZ @ W.T",
        "Swap the factors: with Z = A W, dW = A^T dZ and dA = dZ W^T.",
    )
    yield Kind(
        "bias-reduction",
        "The bias gradient is wrong, the weight gradient of the same layer is right.",
        "Every sample adds to the gradient of the same bias: a sum over samples, not a mean, not "
        "over units, not one sample.",
        "db = dZ.mean(axis=0);  db = dZ.sum();  db = dZ.sum(axis=1)",
        "db = dZ.sum(axis=0)",
        "Sum the cotangent over the samples only.",
    )
    yield Kind(
        "early-reduction",
        "Right with one sample, wrong with several; a weight gradient has rank one.",
        "Averages over the batch are multiplied, where the products should be averaged.",
        "dW = np.outer(A.mean(axis=0), dZ.mean(axis=0))",
        "dW = A.T @ dZ / N",
        "Multiply sample by sample first, reduce over the batch last: a mean of products is not a "
        "product of means.",
    )
    yield Kind(
        "wrong-operand",
        "One block is wrong, or all below one layer, while the factors around it are right.",
        "The line uses the array of a neighbouring layer, or z where a is due: copied and not "
        "changed, or an index off by one.",
        "dW2 = A2.T @ dZ2",
        "dW2 = A1.T @ dZ2",
        "Use the input of the layer with the cotangent of the same layer.",
    )
    yield Kind(
        "softmax-jacobian",
        "Everything is wrong, though the outputs are probabilities.",
        "Every logit moves every probability, but only the diagonal p (1 - p) was used.",
        "dZ = -T * (1 - P) / N",
        "dZ = (P - T) / N",
        "Use the whole Jacobian; with cross-entropy it shortens to p - t.",
    )
    yield Kind(
        "loss-gradient",
        "Everything is wrong; the last layer sees another loss than the one that is computed.",
        "y - t belongs to a sigmoid or softmax with cross-entropy (or half a square with an "
        "identity), and is used with another pair.",
        "loss = ((sigmoid(Z) - T)**2).sum();  dZ = Y - T",
        "loss = ((sigmoid(Z) - T)**2).sum();  dZ = 2 * (Y - T) * Y * (1 - Y)",
        "Differentiate the loss that is computed, through the output activation that is applied.",
    )
    yield Kind(
        "raw-error-propagated",
        "The layer is right, all layers below it are wrong.",
        "The derivative of the activation enters the layer's own gradient, but the error is passed "
        "down without it.",
        "dW2 = A1.T @ (error * f_prime(Z2));  dA1 = error @ W2.T",
        "delta = error * f_prime(Z2);  dW2 = A1.T @ delta;  dA1 = delta @ W2.T",
        "Pass down the delta, not the error.",
    )
    yield Kind(
        "updated-weights-used",
        "The layer is right, those below are wrong a little, in proportion to the learning rate.",
        "The weights are updated before the cotangent has been passed through them.",
        "W2 -= lr * dW2;  dA1 = dZ2 @ W2.T",
        "dA1 = dZ2 @ W2.T;  W2 -= lr * dW2",
        "Compute all gradients first, then update.",
    )
    yield Kind(
        "accumulation",
        "A second call gives twice the gradient.",
        "+= into an array that is not cleared between calls.",
        "self.dW += A.T @ dZ",
        "self.dW = A.T @ dZ",
        "Clear the gradient before each backward pass (= instead of +=).",
    )
    yield Kind(
        "stale-buffer",
        "Right in the first call, wrong in the next at other parameters.",
        "A cache, a buffer or a counter of an earlier call is read again.",
        "if self.A is None: self.A = A",
        "self.A = A",
        "Refresh every cache in the forward pass.",
    )
    yield Kind(
        "aliasing",
        "Two blocks hold the same numbers; the one written later is right.",
        "Two names of one array: what is written to one changes the other.",
        "grads = [np.zeros_like(W)] * 2",
        "grads = [np.zeros_like(W) for W in weights]",
        "Give each gradient its own array.",
    )
    yield Kind(
        "missing-gradient",
        "The gradient is exactly zero, the loss depends on the parameter.",
        "A line is missing, an early return, an array of zeros never filled.",
        "db = np.zeros_like(b)",
        "db = dZ.sum(axis=0)",
        "Compute it, or find out where the zeros come from.",
    )
    yield Kind(
        "missing-term",
        "Wrong from one layer down, or in a parameter that is used twice.",
        "A parameter or a layer acts on the loss by several ways, and only one is counted.",
        "dA = dZ_next",
        "dA = dZ_next @ W.T + dZ_skip",
        "Add the contributions of all uses.",
    )
    yield Kind(
        "regulariser",
        "The error is a multiple of the parameter itself.",
        "The penalty stands in the loss or in the gradient only, or with another constant.",
        "loss += l2 / 2 * (W**2).sum();  dW = A.T @ dZ",
        "loss += l2 / 2 * (W**2).sum();  dW = A.T @ dZ + l2 * W",
        "Put the penalty into the loss, its derivative into the gradient, for the same parameters.",
    )
    yield Kind(
        "dropout-mask",
        "Wrong from the dropped layer down; right with dropout off.",
        "The backward pass lacks the mask, draws another, or forgets the division by the keep "
        "probability.",
        "A = A * mask / keep;  dA = dA * mask",
        "A = A * mask / keep;  dA = dA * mask / keep",
        "Do to the cotangent what the forward pass did to the activation.",
    )
    yield Kind(
        "swapped-gradients",
        "Two blocks hold each other's gradient.",
        "Returned, stored or popped in another order than the parameters.",
        "return {'W1': dW2, 'W2': dW1}",
        "return {'W1': dW1, 'W2': dW2}",
        "Exchange them.",
    )
    yield Kind(
        "recurrence",
        "A recurrent net is right for one time step and wrong for several.",
        "The cotangent from the next time step is dropped, overwritten or misplaced.",
        "dh = dy[t] @ Why.T",
        "dh = dy[t] @ Why.T + dh_next",
        "Add what comes from the output and what comes from the next step.",
    )
    yield Kind(
        "scatter",
        "Wrong only where an index occurs several times.",
        "dE[idx] += d adds once for each different index.",
        "dE[idx] += d",
        "np.add.at(dE, idx, d)",
        "Use np.add.at.",
    )
    yield Kind(
        "indexing",
        "Some entries, rows, columns or samples are wrong or missing; the rest is right.",
        "A range or slice is off by one, the order is reversed, a window or channel is missed.",
        "dW = A[:-1].T @ dZ[:-1]",
        "dW = A.T @ dZ",
        "Compare the ranges of the backward pass with those of the forward pass.",
    )
    yield Kind(
        "normalisation",
        "Wrong below a normalisation layer, right above it.",
        "Mean and variance depend on the input too, and those terms are missing.",
        "dx = dxhat / std",
        "dx = (dxhat - dxhat.mean(0) - xhat * (dxhat * xhat).mean(0)) / std",
        "Differentiate through the mean and through the variance.",
    )
    yield Kind(
        "shape",
        "The gradient does not have the shape of its parameter.",
        "A sum without keepdims, a missing transpose, a batch axis left over.",
        "db = dZ.sum(axis=0, keepdims=True)   # b has shape (n,)",
        "db = dZ.sum(axis=0)",
        "Return gradients in the shape of their parameters: an update would broadcast silently.",
    )
    yield Kind(
        "unknown",
        "The gradient is wrong, and no correction that could be tried makes it right.",
        "A mistake that is not in this table, or several at once in one block.",
        "",
        "",
        "The origin is where to look; the evidence says what the error looks like.",
    )


KINDS: dict[str, Kind] = {kind.name: kind for kind in _rows()}


def to_markdown() -> str:
    """docs/kinds.md: every kind under the same headings."""
    page = ["# Kinds of mistake", ""]
    page += ["Written by `python -m gradcheck.kinds`; the table is gradcheck/kinds.py.", ""]
    for kind in KINDS.values():
        page += [f"## {kind.name}", "", f"**What it looks like.** {kind.looks}", ""]
        page += [f"**Why it happens.** {kind.why}", ""]
        for title, code in (("Wrong", kind.wrong), ("Right", kind.right)):
            if code:
                page += [f"**{title}**", "", "```python", *code.split(";  "), "```", ""]
        page += [f"**What to do.** {kind.advice}", ""]
    return "\n".join(page)


if __name__ == "__main__":
    import sys

    sys.stdout.write(to_markdown())
