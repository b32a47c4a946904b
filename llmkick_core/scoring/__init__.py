"""Scoring of stored answers: text and numbers in, scores out; no model, no file."""
