"""One record's journey: all that happened to it in all systems, where it is now, and what is wrong, if anything."""
