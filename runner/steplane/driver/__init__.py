"""Carries a run: the event loop around the kernel, and the warden around the process."""
