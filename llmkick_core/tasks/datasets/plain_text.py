"""Plain text for perplexity: a .txt file, a folder of them, or JSON lines with a "text" each, such as C4; packed (.gz) or not.

Lines of JSON are joined by a blank line into one text, as WikiText-2 and C4 are read in the field: windows run across documents.
"""

from __future__ import annotations

from pathlib import Path

from llmkick_core.data_files import need, read_rows, read_text
from llmkick_core.errors import DataError

SUFFIXES = (".txt", ".jsonl", ".json", ".raw", ".tokens")


def read_texts(path: Path) -> dict[str, str]:
    """Return texts by file name; a folder's files in order of their names.

    Raises:
        DataError: there is no text.
    """
    files = [path] if path.is_file() else sorted(file for file in path.glob("*") if _kind(file) in SUFFIXES)
    texts = {file.name: _read(file) for file in files}
    texts = {name: text for name, text in texts.items() if text.strip()}
    if not texts:
        raise DataError(
            f"perplexity: no text in {path}; give a .txt file, a folder of them, or JSON lines with a 'text' each, as the data (--data)."
        )
    return texts


def _read(file: Path) -> str:
    if _kind(file) not in (".jsonl", ".json"):
        return read_text(file)
    return "\n\n".join(need(row, "text", str, where) for row, where in read_rows(file))


def _kind(file: Path) -> str:
    """Return the suffix of a file, of what is packed in it where it is packed."""
    return Path(file.name.removesuffix(".gz")).suffix
