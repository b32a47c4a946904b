"""Core of LLM-KICK Explorer: compress a language model, question it, keep and compare its answers."""

__version__ = "0.1.0"
