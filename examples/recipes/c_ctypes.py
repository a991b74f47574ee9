"""Loss and gradient written in C, called through ctypes: no wrapper, no header, one call to check.

The C code below is compiled when this file runs; a compiler (cc, gcc or clang) must be there.
"""

import ctypes
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from gradcheck import check_gradients

SOURCE = r"""
#include <math.h>

/* A layer of tanh units, summed with weights v, against targets: mean squared error.
   Where dW is not NULL, the gradients are written there. */
double loss(int n, int inputs, int units, const double *x, const double *target,
            const double *W, const double *v, double *dW, double *dv)
{
    double total = 0;
    for (int s = 0; s < n; s++) {
        const double *row = x + s * inputs;
        double a[64], y = 0;
        for (int j = 0; j < units; j++) {
            double z = 0;
            for (int i = 0; i < inputs; i++)
                z += row[i] * W[i * units + j];
            a[j] = tanh(z);
            y += a[j] * v[j];
        }
        double error = y - target[s];
        total += error * error / n;
        if (!dW)
            continue;
        for (int j = 0; j < units; j++) {
            double dy = 2 * error / n, dz = dy * v[j] * (1 - a[j] * a[j]);
            dv[j] += dy * a[j];
            for (int i = 0; i < inputs; i++)
                dW[i * units + j] += row[i] * dz;
        }
    }
    return total;
}
"""


def compiled(source):
    compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))))
    with tempfile.TemporaryDirectory() as folder:
        code, library = Path(folder, "net.c"), Path(folder, "net.so")
        code.write_text(source)
        words = [compiler, "-O2", "-shared", "-fPIC", "-o", library, code, "-lm"]
        subprocess.run(words, check=True)
        return ctypes.CDLL(str(library))


array = np.ctypeslib.ndpointer(float, flags="C_CONTIGUOUS")
c_loss = compiled(SOURCE).loss
c_loss.restype = ctypes.c_double
c_loss.argtypes = [ctypes.c_int] * 3 + [array] * 4 + [ctypes.c_void_p] * 2

rng = np.random.default_rng(0)
x, target = rng.normal(size=(10, 3)), rng.normal(size=10)
params = {"W": rng.normal(size=(3, 4)), "v": rng.normal(size=4)}


def loss(params):
    return c_loss(*x.shape, params["v"].size, x, target, params["W"], params["v"], None, None)


def backward(params):
    grads = {name: np.zeros_like(values) for name, values in params.items()}
    addresses = (gradient.ctypes.data for gradient in grads.values())
    c_loss(*x.shape, params["v"].size, x, target, params["W"], params["v"], *addresses)
    return grads


report = check_gradients(loss, params, backward)
print(report)
