"""Ladder: one question at every sparsity."""

from __future__ import annotations

from pages._shared import open_page

page = open_page("Ladder")
