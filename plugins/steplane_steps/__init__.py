"""The built-in step types, registered through the same entry points and hooks as anyone's."""
