"""Readers of the official file formats, and where each data set comes from."""
