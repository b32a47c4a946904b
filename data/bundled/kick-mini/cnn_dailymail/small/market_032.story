The market of Tranhaven will move to a new hall with 528 tables, Trirepe Cisun said on Thursday.

An old man at the corner said that nobody had expected it.

The weather was cold, but the streets were full.

Later that day, the old market was sold to Gremi Trazover.

@highlight

The market of Tranhaven will move to a new hall with 528 tables, Trirepe Cisun said on Thursday

@highlight

Later that day, the old market was sold to Gremi Trazover
