"""An event's colour as style tokens, kept readable on light and on dark paper. Pure."""

from plenaria.core.kernel.colours import readable


def stylesheet(accent: str) -> str:
    """`:root { --accent … }` for light and dark; empty for the standard colour."""
    if not accent:
        return ""
    light, dark = readable(accent, on_dark=False), readable(accent, on_dark=True)
    return (
        f":root{{--accent:{light};--on-accent:#fff}}\n"
        f"@media (prefers-color-scheme:dark){{:root{{--accent:{dark};--on-accent:#0b0f14}}}}\n"
    )
