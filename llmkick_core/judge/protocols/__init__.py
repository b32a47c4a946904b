"""The protocols, a file each; `judge.protocols.PROTOCOLS` has them by name."""
