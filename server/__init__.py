"""The HTTP service and the page. Start reading at `server/app.py`; a question enters in `server/routes/ask.py`."""
