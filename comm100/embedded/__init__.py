"""One machine runs all of it: the supervisor, and the servers for when no URL names one.

Knows no Django: what needs Django runs in processes of its own.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
