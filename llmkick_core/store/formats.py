"""Tables that leave the store, as CSV, Parquet or JSONL, written batch by batch so that memory stays small.

|         | texts                     | missing | lists      | where it comes from              |
| csv     | no cell is a formula      | empty   | JSON text  | columns of every row             |
| parquet | as they were stored       | null    | lists      | columns, and key-value metadata  |
| jsonl   | as they were stored       | null    | lists      | columns of every row             |
"""

from __future__ import annotations

import json
import math
import os
import tempfile
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from llmkick_core.errors import StoreError, UsageError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

T = TypeVar("T")

FORMATS = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet", "jsonl": "application/x-ndjson"}
"""Names of the formats, which files end in, and their media types."""

METADATA = "llmkick"
"""Key of a Parquet file's metadata that holds where its rows come from, as JSON."""

_FORMULA = frozenset("=+-@\t\r\n")  # what a cell begins with that a spreadsheet computes

_MINUS = "\u2212"


@dataclass(frozen=True, kw_only=True)
class Export:
    """A table on its way out; its batches are made as they are written, once."""

    schema: pa.Schema
    """Names and types of the columns."""
    batches: Iterator[pa.Table]
    """The rows, each batch in this schema."""
    about: dict[str, Any]
    """Where the rows come from, as JSON takes it."""


def write(export: Export, out: BinaryIO, form: str) -> int:
    """Write a table and return its number of rows.

    Args:
        export: what to write; used up by it.
        out: an open file.
        form: one of FORMATS.

    Raises:
        UsageError: there is no such format.
    """
    return _writer(form)(export, out)


def write_file(path: Path, form: str, fill: Callable[[BinaryIO], int]) -> int:
    """Write a file so that it is whole or absent, and return what `fill` returns: its number of rows.

    Raises:
        StoreError: the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=f".{form}")
        try:
            with os.fdopen(handle, "wb") as stream:
                n_rows = fill(stream)
            os.chmod(temporary, 0o644)
            os.replace(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror}. Choose another place with --out.") from error
    return n_rows


def _writer(form: str) -> Callable[[Export, BinaryIO], int]:
    found = {"csv": _write_csv, "parquet": _write_parquet, "jsonl": _write_jsonl}.get(form)
    if found is None:
        raise UsageError(f"format {form!r} is none of {', '.join(FORMATS)}.")
    return found


def _write_parquet(export: Export, out: BinaryIO) -> int:
    import pyarrow.parquet as pq

    n_rows = 0
    schema = export.schema.with_metadata({METADATA: json.dumps(export.about, ensure_ascii=False)})
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        for batch in export.batches:
            writer.write_table(batch.replace_schema_metadata(schema.metadata))
            n_rows += batch.num_rows
    return n_rows


def _write_jsonl(export: Export, out: BinaryIO) -> int:
    n_rows = 0
    for batch in export.batches:
        lines = [json.dumps(plain_json(row), ensure_ascii=False, allow_nan=False) for row in batch.to_pylist()]
        out.write("".join(f"{line}\n" for line in lines).encode())
        n_rows += len(lines)
    return n_rows


def plain_json(value: Any) -> Any:
    """Return a value as JSON takes it, with None for a number that is not finite."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: plain_json(one) for key, one in value.items()}
    if isinstance(value, list):
        return [plain_json(one) for one in value]
    return value


def _write_csv(export: Export, out: BinaryIO) -> int:
    import pyarrow as pa
    import pyarrow.csv as pc

    n_rows = 0
    schema = pa.schema([pa.field(field.name, _cell_type(field.type)) for field in export.schema])
    with pc.CSVWriter(out, schema) as writer:
        for batch in export.batches:
            writer.write_table(pa.table([_cells(column) for column in batch.columns], schema=schema))
            n_rows += batch.num_rows
    return n_rows


def _cell_type(kind: pa.DataType) -> pa.DataType:
    import pyarrow as pa

    return pa.string() if pa.types.is_nested(kind) or pa.types.is_dictionary(kind) else kind


def _cells(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column as CSV has it: lists as JSON text, and no text that a spreadsheet takes for a formula."""
    import pyarrow as pa

    if pa.types.is_nested(column.type):
        rows = (None if row is None else json.dumps(plain_json(row), ensure_ascii=False) for row in column.to_pylist())
        return pa.chunked_array([pa.array(rows, pa.string())])
    if pa.types.is_dictionary(column.type):
        column = column.cast(pa.string())
    if not pa.types.is_string(column.type):
        return column
    return pa.chunked_array([pa.array([guarded(text) for text in column.to_pylist()], pa.string())])


def guarded(value: T) -> T | str:
    """Return a cell that no spreadsheet takes for a formula: signs of other widths, and what nobody sees before a sign, count as well."""
    if not isinstance(value, str) or not value or (value[0].isascii() and value[0].isalnum()):
        return value
    seen = next((letter for letter in value if not letter.isspace() and unicodedata.category(letter) not in ("Cc", "Cf")), "")
    is_formula = value[0] in _FORMULA or bool(_FORMULA.intersection(unicodedata.normalize("NFKC", seen)[:1])) or seen == _MINUS
    return f"'{value}" if is_formula else value


def guarded_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table of which nothing is computed when a browser copies or downloads it into a spreadsheet."""
    texts = frame.select_dtypes(include=["object", "string", "category"]).columns
    return frame.assign(**{name: frame[name].astype(object).map(guarded) for name in texts})
