"""Numbers as they are written in files, to float64, whole columns at a time."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

EMPTY = ("", "-", ".", "NA", "N/A", "#N/A", "NaN", "nan", "NULL", "null", "None")
"""What stands for no value."""

_GROUPED = r"^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$"
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$|^[+-]?[iI]nf(inity)?$"


class UnreadableNumbersError(ValueError):
    """Texts in a column of numbers are none; raised to the reader of the file."""

    def __init__(self, count: int, samples: list[str], first_row: int) -> None:
        super().__init__(f"{count} values are no numbers")
        self.count = count
        self.samples = samples
        self.first_row = first_row


def parse_numbers(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column as float64, null where it has no value.

    Thousands separators are commas before groups of three digits; a comma anywhere
    else, a decimal comma say, is no number.

    Raises
    ------
    UnreadableNumbersError
        Texts are no numbers.
    """
    if pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
        return column.cast(pa.float64(), safe=False)
    if pa.types.is_decimal(column.type) or pa.types.is_null(column.type):
        return column.cast(pa.float64())
    if not _is_text(column.type):
        samples = [str(value) for value in column.slice(0, 3).to_pylist()]
        raise UnreadableNumbersError(len(column), samples, 0)
    text = pc.utf8_trim_whitespace(column.cast(pa.string()))
    text = pc.if_else(pc.is_in(text, pa.array(EMPTY)), None, text)
    grouped = pc.match_substring_regex(text, _GROUPED)
    text = pc.if_else(grouped, pc.replace_substring(text, ",", ""), text)
    wrong = pc.invert(pc.match_substring_regex(text, _NUMBER))
    if pc.any(wrong).as_py():
        _refuse(text, wrong)
    return text.cast(pa.float64())


def _refuse(text: pa.ChunkedArray, wrong: pa.ChunkedArray) -> None:
    strange = text.filter(wrong)
    samples = list(dict.fromkeys(strange.slice(0, 100).to_pylist()))[:3]
    first_row = pc.index(wrong, True).as_py()
    raise UnreadableNumbersError(len(strange), samples, first_row)


def _is_text(kind: pa.DataType) -> bool:
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(
        pa.types.is_string(value)
        or pa.types.is_large_string(value)
        or pa.types.is_string_view(value)
    )
