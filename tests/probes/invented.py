"""Invented secrets for tests."""

from __future__ import annotations

import random
import string

LENGTHS = range(6, 41)
_SIGNS = "~_-.!$%&+=/#@?:;,"


def invented(number: int, length: int) -> str:
    """Return an invented secret of letters, digits and punctuation, which is always the same for the same arguments."""
    dice = random.Random(f"{number} {length}")  # noqa: S311 - not for cryptography
    signs = dice.choices(_SIGNS, k=length // 6)
    rest = dice.choices(string.ascii_letters + string.digits, k=length - len(signs) - 2)
    middle = [*signs, *rest]
    dice.shuffle(middle)
    return dice.choice(string.ascii_letters) + "".join(middle) + dice.choice(string.digits)
