"""The installed plugins: which there are, and their step types, loaded one by one when they are used."""

from steplane.plugins.index import Cache, Index, Plugin, discover, read_index
from steplane.plugins.problems import PluginProblem
from steplane.plugins.registry import Listed, Registered, Registry

__all__ = ["Cache", "Index", "Listed", "Plugin", "PluginProblem", "Registered", "Registry", "discover", "read_index"]
