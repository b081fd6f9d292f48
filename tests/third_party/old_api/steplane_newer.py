"""A plugin for a later version of the contract."""

STEPLANE_API = 2
