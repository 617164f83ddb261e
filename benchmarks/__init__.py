"""Benchmarks and simulation studies: run by hand, or all together by ``make bench`` and ``make simulate``."""
