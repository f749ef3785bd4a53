"""Colours that can be read: an event's own, made dark or light enough for the paper. Pure."""

import colorsys
from typing import Final

STANDARD: Final = "#0b5c73"
"""The accent of an installation and of an event that has none of its own, as in plenaria.css."""
READABLE: Final = 4.5
"""WCAG 2.2, 1.4.3: contrast of text."""
_LIGHT_PAPER: Final = (1.0, 1.0, 1.0)
_DARK_PAPER: Final = (0.06, 0.08, 0.10)


def readable(accent: str, *, on_dark: bool) -> str:
    """The nearest lightness of `#rrggbb` that can be read on the paper."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_channels(accent))
    paper = _DARK_PAPER if on_dark else _LIGHT_PAPER
    step = 0.02 if on_dark else -0.02
    colour = colorsys.hls_to_rgb(hue, lightness, saturation)
    while contrast(colour, paper) < READABLE:  # ends: black on light paper and white on dark are readable
        lightness = min(max(lightness + step, 0.0), 1.0)
        colour = colorsys.hls_to_rgb(hue, lightness, saturation)
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in colour)


def contrast(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    """Contrast ratio, 1 to 21 (WCAG 2.2)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: tuple[float, float, float]) -> float:
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _channels(accent: str) -> tuple[float, float, float]:
    red, green, blue = (int(accent[start : start + 2], 16) / 255 for start in (1, 3, 5))
    return red, green, blue
