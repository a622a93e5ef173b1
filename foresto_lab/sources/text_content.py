"""The bytes of a text file as UTF-8, whatever they were."""

from __future__ import annotations

import codecs
import gzip
import zlib
from pathlib import Path

from foresto_lab.errors import DataFileError

GZIP_MAGIC = b"\x1f\x8b"
PARQUET_MAGIC = b"PAR1"
KOREAN = "cp949"
"""Windows' Korean code page; it holds all of EUC-KR."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OTHER_KINDS = (
    (b"PK\x03\x04", "an Excel workbook or ZIP archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"%PDF", "a PDF"),
    (b"SQLite format 3", "an SQLite database"),
)
_SAMPLE = 1 << 18


def read_bytes(path: Path) -> bytes:
    """Return a file's content, unpacked if it is a gzip.

    Raises
    ------
    DataFileError
        There is no such file, it cannot be read, or the gzip is damaged.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise DataFileError(
            path=str(path),
            reason=f"the file cannot be read ({reason}).",
            fix="See that the name is right and the file readable.",
        ) from None
    if not content.startswith(GZIP_MAGIC):
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise DataFileError(
            path=str(path),
            reason=f"the gzip file is damaged ({error}).",
            fix="Fetch it again.",
        ) from None


def to_utf8(content: bytes, path: Path, encoding: str | None) -> tuple[bytes, str]:
    """Return text as UTF-8 without a byte order mark, and the encoding it had.

    Raises
    ------
    DataFileError
        The content is no text, or not of the encoding named.
    """
    _require_text(content, path)
    if encoding is not None:
        return _decoded(content, path, encoding), encoding
    for bom, named in _BOMS:
        if content.startswith(bom):
            return _decoded(content, path, named), named
    if content.isascii():
        return content, "utf-8"
    for candidate in ("utf-8", KOREAN):
        try:
            return content.decode(candidate).encode(), candidate
        except UnicodeDecodeError:
            continue
    return _by_detection(content, path)


def _decoded(content: bytes, path: Path, encoding: str) -> bytes:
    try:
        text = content.decode(encoding)
    except LookupError:
        raise DataFileError(
            path=str(path),
            reason=f"there is no encoding {encoding!r}.",
            fix="Korean files are usually utf-8 or cp949.",
        ) from None
    except UnicodeDecodeError as error:
        likely = _detected(content)
        raise DataFileError(
            path=str(path),
            reason=f"the text is not {encoding}: byte {error.start} does not decode.",
            fix=f"It looks like {likely}: --encoding {likely}."
            if likely
            else "Leave --encoding out to have it detected.",
        ) from None
    return text.removeprefix("\ufeff").encode()


def _by_detection(content: bytes, path: Path) -> tuple[bytes, str]:
    likely = _detected(content)
    if likely is None:
        raise DataFileError(
            path=str(path),
            reason="the content is text in no encoding that could be told.",
            fix="Name it with --encoding.",
        )
    return _decoded(content, path, likely), likely


def _detected(content: bytes) -> str | None:
    """Return the encoding that the content looks like, None without an idea."""
    for candidate in ("utf-8", KOREAN):
        try:
            content.decode(candidate)
        except UnicodeDecodeError:
            continue
        return candidate
    from charset_normalizer import from_bytes

    best = from_bytes(content[:_SAMPLE]).best()
    return best.encoding if best else None


def _require_text(content: bytes, path: Path) -> None:
    kind = next(
        (kind for magic, kind in _OTHER_KINDS if content.startswith(magic)), None
    )
    if kind is None and content[:512].lstrip().lower().startswith((b"<html", b"<!doc")):
        kind = "an HTML page"
    utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if kind is None and b"\0" in content[:_SAMPLE] and not utf16:
        kind = "binary data"
    if kind is not None:
        raise DataFileError(
            path=str(path),
            reason=f"the content is {kind}, neither CSV nor Parquet.",
            fix="Save the prices as CSV or Parquet.",
        )
