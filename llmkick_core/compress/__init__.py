"""Compression: pure maths in one file a method, and the walker that applies it block by block."""
