"""Codes that people read aloud and type: Crockford's base 32 with its check character, and numeric payment references.

https://www.crockford.com/base32.html: no I, L, O, U; what is typed instead of them is read as 1, 1, 0.
"""

import re
from typing import Final

from stdnum import luhn

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CHECK_MODULUS: Final = 37
_LOOKALIKES: Final = str.maketrans({"O": "0", "I": "1", "L": "1"})
_SEPARATORS: Final = re.compile(r"[\s\-_.·]+")

TICKET_LENGTH: Final = 10
"""Characters of a ticket's code, the check character included: 45 random bits."""
ORDER_LENGTH: Final = 8
REFERENCE_DIGITS: Final = 7
"""A SPEI transfer's numeric reference has at most seven digits."""


def code_of(number: int, length: int) -> str | None:
    """The code of a number: `length - 1` characters and the check character.

    None for the one number in seven whose check would be one of Crockford's five extra signs (`*~$=U`): draw another one,
    so that codes are made of letters and digits alone.
    """
    check = number % CHECK_MODULUS
    if check >= len(ALPHABET):
        return None
    characters = []
    rest = number
    for _ in range(length - 1):
        rest, digit = divmod(rest, len(ALPHABET))
        characters.append(ALPHABET[digit])
    return "".join(reversed(characters)) + ALPHABET[check]


def numbers_of(length: int) -> int:
    """How many numbers have a code of that length: draw below this."""
    return int(len(ALPHABET) ** (length - 1))


def typed_code(text: str) -> str:
    """What was typed or scanned, as codes are stored: capitals, no separators, look-alikes replaced."""
    return _SEPARATORS.sub("", text).upper().translate(_LOOKALIKES)


def is_code(code: str, length: int) -> bool:
    """Whether the check character agrees. One wrong character, or two neighbours swapped, never does."""
    if len(code) != length or any(character not in ALPHABET for character in code):
        return False
    number = 0
    for character in code[:-1]:
        number = number * len(ALPHABET) + ALPHABET.index(character)
    return number % CHECK_MODULUS == ALPHABET.index(code[-1])


def grouped(code: str) -> str:
    """As it is printed: `K7QX2-PLM9A`, in two halves."""
    half = (len(code) + 1) // 2
    return f"{code[:half]}-{code[half:]}" if len(code) > 4 else code


def reference_of(number: int) -> str:
    """The seven-digit reference of an order's transfer: six digits of the order's number and Luhn's check digit."""
    body = f"{number % 1_000_000:0{REFERENCE_DIGITS - 1}}"
    return body + str(luhn.calc_check_digit(body))


def is_reference(text: str) -> bool:
    return len(text) == REFERENCE_DIGITS and text.isascii() and text.isdigit() and bool(luhn.is_valid(text))


def is_clabe(text: str) -> bool:
    """Whether 18 digits are a CLABE: weights 3, 7, 1 over the first 17, modulo 10 (Banxico, circular 14/2017, annex)."""
    if len(text) != 18 or not (text.isascii() and text.isdigit()):
        return False
    total = sum(int(digit) * (3, 7, 1)[place % 3] % 10 for place, digit in enumerate(text[:-1]))
    return -total % 10 == int(text[-1])
