"""Paired comparison of a dense and a compressed run: flips, intervals, the matching verdict."""
