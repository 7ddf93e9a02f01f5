"""What an answer costs: `python -m eval bench`, ratios of one interleaved run."""
