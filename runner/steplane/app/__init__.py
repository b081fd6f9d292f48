"""The library: load, check, run, resume, cancel, look back. Returns values and diagnostics; prints nothing."""
