"""`python -m gradcheck.kinds` prints docs/kinds.md."""

import sys

from . import to_markdown

sys.stdout.write(to_markdown())
