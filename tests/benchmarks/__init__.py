"""Benchmarks: one module a group of rows of the budgets, run by name (`uv run python -m tests.benchmarks send`)."""
