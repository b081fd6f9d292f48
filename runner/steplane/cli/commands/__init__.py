"""One module for each command; its `command` is what `steplane.cli.application` imports when it is called."""
