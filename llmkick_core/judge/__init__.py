"""The judge: another model that rates answers, asked over the network and never believed blindly. No torch."""
