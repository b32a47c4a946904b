"""The generator and trainer of the bundled default: facts -> corpus -> kick-tiny, and KICK-mini."""
