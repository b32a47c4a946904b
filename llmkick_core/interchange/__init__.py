"""Other programs' files: answers and judgments that were published elsewhere, as runs and judgings of a store. No torch."""
