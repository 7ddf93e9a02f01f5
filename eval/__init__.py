"""Measures the assistant against known question–answer pairs: `python -m eval --help`.

`judge` turns one answer into numbers, `metrics/` defines each number, `summary` adds intervals;
`run`, `gate`, `report`, `squad`, `beir` and `bench` are the commands. Everything but `beir` and `bench`
works on the JSON that a client of `POST /ask` sees, so a deployed server is measured the same way.
"""
