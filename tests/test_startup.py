"""What a check of right gradients imports: the time to start is a time to wait."""

import subprocess
import sys

import pytest

CHECK = """
import numpy
from gradcheck import check_gradients
w = numpy.ones(3)
check_gradients(lambda: float(w @ w), w, 2 * w)
"""
XOR = """
sys.argv = ["gradcheck", "xor", "--no-train"]
from gradcheck_command.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
"""
LATE = ["numpy.ma", "matplotlib", "pytest", "hypothesis", "joblib", "scipy"]
LATE += [
    "gradcheck.diagnosis.diagnose",
    "gradcheck.recognition.chain",
    "gradcheck.recognition.recognise",
    "gradcheck.recognition.decode",
    "gradcheck.blame",
]


@pytest.mark.parametrize("code", [CHECK, XOR], ids=["check_gradients", "gradcheck xor"])
def test_what_is_not_needed_is_not_imported(code):
    code = f"import sys\n{code}\nprint('loaded', [m for m in {LATE} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "loaded []"
