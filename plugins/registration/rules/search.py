"""Finding people however their names were typed."""

import unicodedata


def folded(text: str) -> str:
    """Small letters without accents, single spaces: "Peña  Núñez" becomes "pena nunez"."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(letter for letter in plain if not unicodedata.combining(letter)).split())


def pattern(text: str) -> str:
    """A LIKE pattern that finds the folded text anywhere; a typed _ stands for itself or any letter."""
    return "%" + folded(text).replace("%", "").replace("\\", "")[:100] + "%"
