"""Data: what the store holds, and how to take it with you."""

from __future__ import annotations

from pages._shared import open_page

page = open_page("Data")
