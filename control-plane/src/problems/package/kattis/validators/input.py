"""Accepts every input. The problem came from a system that has no input validators."""

import sys

sys.exit(42)
