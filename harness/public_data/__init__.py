"""Public data that is never part of a claims folder: where it is published, getting it, and what runs see of it."""
