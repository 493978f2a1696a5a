"""Draw the sign-in badges and the logo in ``flask_hf_oauth/static``.

The SVG files are kept in the repository, so this runs only when a badge shall look different. The
words become outlines, so that a badge looks the same on every machine, with or without the font.

Font: Inter SemiBold 4.0, copyright The Inter Project Authors, SIL Open Font License 1.1, which
leaves drawings made with the font free. It is in Debian's package ``fonts-inter``::

    apt-get install fonts-inter && pip install fonttools
    python tools/badges.py /usr/share/fonts/opentype/inter/Inter-SemiBold.otf
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from fontTools.misc.transform import Transform
from fontTools.pens.basePen import BasePen
from fontTools.pens.transformPen import TransformPen
from fontTools.ttLib import TTFont

STATIC = Path(__file__).parents[1] / "flask_hf_oauth" / "static"
TEXT = "Sign in with Hugging Face"
CREDIT = "Text outlines: Inter SemiBold 4.0, The Inter Project Authors, SIL Open Font License 1.1"

FACE_YELLOW, ORANGE, FEATURES, TONGUE = "#FFD21E", "#FF9D0B", "#3A3B45", "#FF323D"
FACE_WIDTH, FACE_HEIGHT = 40, 37  # the units of the drawing below

# Four fingers and a palm, drawn twice: first wide for the outline, then narrower for the inside.
FINGERS = "M7 30 2.6 25.6M7 29.5 5 22.7M7.5 29.5 8.9 22.5M8 30 12.6 26"
HAND = (
    f'<path d="{FINGERS}" stroke="{ORANGE}" stroke-width="4.8"/>'
    f'<circle cx="7.4" cy="30.4" r="5.6" fill="{ORANGE}"/>'
    f'<path d="{FINGERS}" stroke="{FACE_YELLOW}" stroke-width="2.4"/>'
    f'<circle cx="7.4" cy="30.4" r="4.4" fill="{FACE_YELLOW}"/>'
)
FACE = (
    f'<circle cx="20" cy="18" r="16" fill="{FACE_YELLOW}" stroke="{ORANGE}" stroke-width="2"/>'
    f'<g fill="{FEATURES}">'
    '<ellipse cx="14.2" cy="13.6" rx="1.9" ry="2.5"/>'
    '<ellipse cx="25.8" cy="13.6" rx="1.9" ry="2.5"/>'
    f'<path d="M13.2 18.7c4 1.6 9.6 1.6 13.6 0 .4 4.5-2.8 7.9-6.8 7.9s-7.2-3.4-6.8-7.9z"'
    f' stroke="{FEATURES}" stroke-linejoin="round"/></g>'
    '<path d="M15.7 24.6c.9-1.7 2.5-2.2 4.3-1.4 1.8-.8 3.4-.3 4.3 1.4-1.1 1.3-2.6 2-4.3 2'
    f's-3.2-.7-4.3-2z" fill="{TONGUE}"/>'
    f'<g stroke-linecap="round">{HAND}<g transform="matrix(-1 0 0 1 40 0)">{HAND}</g></g>'
)


@dataclass(frozen=True)
class Size:
    """One height of the badge, in CSS pixels; `tracking` is a part of the font size."""

    height: int
    font_size: float
    tracking: float
    face_height: float
    left: float
    gap: float
    right: float


@dataclass(frozen=True)
class Theme:
    """The three colours of a pill."""

    background: str
    border: str
    text: str


# Inter's x-height is 6/11 of the font size: these sizes put it (nearly) on whole pixels.
SIZES = {
    "sm": Size(20, 11, 0, 14, 5, 5, 8),
    "md": Size(24, 12.8, -0.005, 17, 6, 5.5, 9.5),
    "lg": Size(36, 14.7, -0.01, 25, 9, 8, 15),
    "xl": Size(48, 17.5, -0.015, 34, 12, 9.5, 19),
}
THEMES = {
    "light": Theme("#FFFFFF", "#C9CBD3", "#32343D"),
    "dark": Theme("#1C1D22", "#4A4C57", "#F7F7F8"),
}


class RelativePen(BasePen):
    """Collect outlines as relative SVG commands in whole units: half the size of absolute ones."""

    def __init__(self, glyphs: object) -> None:
        """Begin an empty path; `glyphs` resolves glyphs that are made of others."""
        super().__init__(glyphs)
        self.path = ""
        self._at = (0, 0)

    def _moveTo(self, point: tuple[float, float]) -> None:  # noqa: N802 - the name BasePen calls
        self._draw("m", point)
        self._start = self._at

    def _lineTo(self, point: tuple[float, float]) -> None:  # noqa: N802 - the name BasePen calls
        self._draw("l", point)

    def _curveToOne(self, *points: tuple[float, float]) -> None:  # noqa: N802 - the name BasePen calls
        self._draw("c", *points)

    def _closePath(self) -> None:  # noqa: N802 - the name BasePen calls
        self.path += "z"
        self._at = self._start

    def _draw(self, command: str, *points: tuple[float, float]) -> None:
        ends = [(round(x), round(y)) for x, y in points]
        x, y = self._at
        steps = " ".join(f"{end_x - x} {end_y - y}" for end_x, end_y in ends)
        self.path += command + steps.replace(" -", "-")
        self._at = ends[-1]


def build_outline(font: TTFont, size: Size) -> tuple[str, float]:
    """Turn the text into one path, in hundredths of a pixel, the baseline at 0.

    Kerning is left out: in these words it moves one pair by a hundredth of the font size.

    Returns:
        The path and its width in pixels.
    """
    glyphs, names = font.getGlyphSet(), font.getBestCmap()
    scale = size.font_size / font["head"].unitsPerEm
    pen, x = RelativePen(glyphs), 0.0
    for character in TEXT:
        glyph = glyphs[names[ord(character)]]
        glyph.draw(TransformPen(pen, Transform(100 * scale, 0, 0, -100 * scale, 100 * x, 0)))
        x += glyph.width * scale + size.tracking * size.font_size
    return pen.path, x


def build_svg(width: int, height: int, title: str, *body: str) -> str:
    """Wrap drawings in an SVG document that says what it shows."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
        f' viewBox="0 0 {width} {height}" fill="none" role="img">'
    )
    return "\n".join([head, f"<title>{title}</title>", *body, "</svg>", ""])


def build_badge(font: TTFont, size: Size, theme: Theme) -> str:
    """Draw one badge: a pill, the face, the words."""
    outline, text_width = build_outline(font, size)
    face_scale = size.face_height / FACE_HEIGHT
    text_left = size.left + FACE_WIDTH * face_scale + size.gap
    width = round(text_left + text_width + size.right)
    cap_height = font["OS/2"].sCapHeight / font["head"].unitsPerEm * size.font_size
    baseline = round((size.height + cap_height) / 2)  # a whole pixel keeps the letters sharp
    return build_svg(
        width,
        size.height,
        TEXT,
        f"<!-- {CREDIT} -->",
        f'<rect x=".5" y=".5" width="{width - 1}" height="{size.height - 1}"'
        f' rx="{size.height // 2 - 1}" fill="{theme.background}" stroke="{theme.border}"/>',
        f'<g transform="translate({size.left:g} {(size.height - size.face_height) / 2:g})'
        f' scale({face_scale:.4g})">{FACE}</g>',
        f'<path transform="translate({text_left:.4g} {baseline}) scale(.01)"'
        f' fill="{theme.text}" d="{outline}"/>',
    )


def main(font_file: str) -> None:
    """Write the logo and the eight badges."""
    font = TTFont(font_file)
    logo = build_svg(FACE_WIDTH, FACE_HEIGHT, "Hugging face", FACE)
    (STATIC / "logo.svg").write_text(logo, encoding="utf-8")
    for size_name, size in SIZES.items():
        for theme_name, theme in THEMES.items():
            badge = STATIC / f"sign-in-{size_name}-{theme_name}.svg"
            badge.write_text(build_badge(font, size, theme), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
