"""Language models behind one protocol: Hugging Face folders and hub ids now, endpoints later."""
