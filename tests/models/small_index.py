"""A package index on this machine (PEP 503), and a wheel with a tiny model in it."""

from __future__ import annotations

import hashlib
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from llmkick_core.models.gguf_header import read_gguf
from llmkick_core.models.packages import Package

WHEEL = "llm_tiny-1.0-py3-none-any.whl"


def make_wheel(folder: Path, gguf: Path, **more: str) -> Path:
    """Write a wheel that holds a model, a module that must never be imported, and what `more` names."""
    path = folder / WHEEL
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(gguf, "llm_tiny/tiny.gguf")
        archive.writestr("llm_tiny/__init__.py", "raise SystemExit('imported')")
        archive.writestr("llm_tiny-1.0.dist-info/LICENSE", "Apache License")
        archive.writestr(
            "llm_tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: llm-tiny\nVersion: 1.0\nRequires-Dist: never-there\n"
        )
        archive.writestr("llm_tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("llm_tiny-1.0.dist-info/RECORD", "")
        for name, content in more.items():
            archive.writestr(name, content)
    return path


def package_of(wheel: Path, gguf: Path) -> Package:
    """Return the row of the table that the wheel would have."""
    told = read_gguf(gguf)
    return Package(
        name="tiny",
        title="Tiny",
        package="llm-tiny",
        version="1.0",
        wheel=WHEEL,
        wheel_sha256=hashlib.sha256(wheel.read_bytes()).hexdigest(),
        wheel_bytes=wheel.stat().st_size,
        file="llm_tiny/tiny.gguf",
        file_sha256=hashlib.sha256(gguf.read_bytes()).hexdigest(),
        file_bytes=gguf.stat().st_size,
        licence="Apache-2.0",
        licence_file="llm_tiny-1.0.dist-info/LICENSE",
        quantization=told.quantization,
        shape=told.shape,
        sizes=told.sizes,
    )


@contextmanager
def served(wheel: Path, *, is_slow: bool = False) -> Iterator[str]:
    """Serve a wheel as a package index for the block, and yield its address; a slow one sends half of it and then nothing."""
    going_on = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_list = self.path.rstrip("/") == "/simple/llm-tiny"
            is_wheel = self.path == f"/files/{WHEEL}"
            if not is_list and not is_wheel:
                self.send_error(404)
                return
            data = f'<a href="/files/{WHEEL}">{WHEEL}</a>'.encode() if is_list else wheel.read_bytes()
            self.send_response(200)
            self.send_header("Content-Type", "text/html" if is_list else "application/octet-stream")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if is_wheel and is_slow:
                self.wfile.write(data[: len(data) // 2])
                self.wfile.flush()
                going_on.wait(30)
                return
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/simple"
    finally:
        going_on.set()
        server.shutdown()
        server.server_close()
        thread.join()
