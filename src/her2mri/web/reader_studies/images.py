"""Images of cases: decoded and encoded anew, so that nothing but the picture is kept."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import Final

from her2mri.errors import Fault, InputError

LONGEST_SIDE: Final = 2048
LARGEST_IMAGE: Final = 4 * 1024 * 1024
MOST_OF_CASE: Final = 6
MOST_AT_ONCE: Final = 60
MEDIA: Final = {"PNG": "image/png", "JPEG": "image/jpeg"}
_MODES: Final = {"1": "L", "L": "L", "LA": "L", "P": "RGB", "PA": "RGB", "RGB": "RGB", "RGBA": "RGB"}
_JPEG_QUALITY: Final = 95


@dataclass(frozen=True)
class Encoded:
    """An image as it is kept."""

    media: str
    width: int
    height: int
    content: bytes

    @property
    def sha256(self) -> str:
        """The hash of the bytes."""
        return hashlib.sha256(self.content).hexdigest()


def encoded(content: bytes, where: str) -> Encoded:
    """The image without what else was in its file: comments, names, places, embedded thumbnails.

    A turn that the file only asks for is made; a palette, transparency and an alpha channel are painted on black.
    PNG stays PNG, to the pixel; JPEG becomes JPEG of quality 95. Raises InputError for anything else, and for
    an image that is larger than ``LONGEST_SIDE`` or does not decode.
    """
    from PIL import Image, ImageOps

    try:
        with Image.open(io.BytesIO(content), formats=tuple(MEDIA)) as opened:
            kind = str(opened.format)
            _check(opened.size, opened.mode, where)
            turned = ImageOps.exif_transpose(opened)
            mode = _MODES[turned.mode]
            if "A" in turned.mode or "transparency" in turned.info:
                turned = Image.alpha_composite(
                    Image.new("RGBA", turned.size, "black"), turned.convert("RGBA")
                )
            picture = turned.convert(mode)
            fresh = Image.frombytes(mode, picture.size, picture.tobytes())
    except (
        OSError,  # no image, cut off, or of another kind
        SyntaxError,  # a PNG that is not whole
        ValueError,
        EOFError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as error:
        if isinstance(error, InputError):
            raise
        raise _refused(where, "is not an image that can be read", allowed="PNG or JPEG") from error
    buffer = io.BytesIO()
    fresh.save(buffer, kind, **({"quality": _JPEG_QUALITY} if kind == "JPEG" else {}))
    if len(buffer.getvalue()) > LARGEST_IMAGE:
        raise _refused(where, "is too large", allowed=f"at most {LARGEST_IMAGE // 2**20} MiB")
    return Encoded(MEDIA[kind], *fresh.size, buffer.getvalue())


def _check(size: tuple[int, int], mode: str, where: str) -> None:
    """Before a single pixel is decoded."""
    if max(size) > LONGEST_SIDE:
        allowed = f"at most {LONGEST_SIDE} pixels a side"
        raise _refused(where, f"has {size[0]} x {size[1]} pixels", allowed=allowed)
    if mode not in _MODES:
        remedy = "set the window in your viewer and export it again"
        raise _refused(where, "is not 8 bits grey or colour", remedy=remedy)


def _refused(where: str, problem: str, *, allowed: str = "", remedy: str = "") -> InputError:
    return InputError([Fault(where, problem, allowed, remedy)])
