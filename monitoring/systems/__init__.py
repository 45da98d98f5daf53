"""The map of systems: which there are, what each holds and needs, and how it goes between them."""
