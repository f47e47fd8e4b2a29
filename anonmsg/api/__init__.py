"""API: the JSON door to the same services as the pages, for programs and scripts."""
