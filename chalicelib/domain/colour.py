"""Colours that people can read: the contrast of WCAG 2.2, success criterion 1.4.3."""

ENOUGH = 4.5
"""Level AA for text of ordinary size."""

_STEP = 0.02


def contrast(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black on white), of two colours such as ``#1a4f8b``."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def readable(colour: str, background: str, ratio: float = ENOUGH) -> str:
    """The colour, moved as little as ``ratio`` against the background needs: darker on light ones, lighter on dark.

    Hue stays as far as mixing with black or white keeps it. Because contrast is mutual, text in the background's
    colour can be read on the result.
    """
    towards = (0, 0, 0) if contrast(background, "#000000") > contrast(background, "#ffffff") else (255, 255, 255)
    share, found = 0.0, colour.lower()
    while contrast(found, background) < ratio and share < 1:
        share = min(1, share + _STEP)
        mixed = (round(own + (end - own) * share) for own, end in zip(_channels(colour), towards, strict=True))
        found = "#{:02x}{:02x}{:02x}".format(*mixed)
    return found


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    """Relative luminance, 0 to 1, of an sRGB colour (WCAG 2.2, definitions)."""
    red, green, blue = (_linear(channel / 255) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
