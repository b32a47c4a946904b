"""Slices: where knowledge is lost, subject by subject."""

from __future__ import annotations

from pages._shared import open_page

page = open_page("Slices")
