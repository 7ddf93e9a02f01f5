"""The addresses, one module per resource."""
