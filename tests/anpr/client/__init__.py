"""The client for programs that consume hits."""
