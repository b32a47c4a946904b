"""Plain text for perplexity: a .txt file, a folder of them, or JSON rows with a "text" each, such as C4; packed (.gz) or not.

The texts of JSON rows are joined by a blank line into one text, as WikiText-2 and C4 are read in the field: windows run across documents.
"""

from __future__ import annotations

from pathlib import Path

from llmkick_core.data_files import read_documents, text_files
from llmkick_core.errors import DataError


def read_texts(path: Path) -> dict[str, str]:
    """Return texts by file name; a folder's files in order of their names.

    Raises:
        DataError: there is no text.
    """
    texts = {file.name: "\n\n".join(read_documents(file)) for file in text_files(path)}
    texts = {name: text for name, text in texts.items() if text.strip()}
    if not texts:
        raise DataError(
            f"perplexity: no text in {path}; give a .txt file, a folder of them, or JSON lines with a 'text' each, as the data (--data)."
        )
    return texts
