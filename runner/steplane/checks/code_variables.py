"""Variables of the environment that say what code a program runs: only the file's author may choose their values."""

from collections.abc import Iterator

from steplane.checks.context import Context
from steplane.diagnostics import Diagnostic
from steplane.expressions import Template, uses
from steplane.model import Environment, ForEach, Input, Matrix, Named, Workflow

NAMES = frozenset(
    {
        "_JAVA_OPTIONS", "BASH_ENV", "BASHOPTS", "BUNDLE_GEMFILE", "CDPATH", "CLASSPATH",
        "DOTNET_STARTUP_HOOKS", "DYLD_FRAMEWORK_PATH", "DYLD_INSERT_LIBRARIES", "DYLD_LIBRARY_PATH", "EDITOR", "ENV",
        "EXINIT", "GCONV_PATH", "GEM_HOME", "GEM_PATH", "GIT_ASKPASS", "GIT_CONFIG", "GIT_CONFIG_COUNT",
        "GIT_CONFIG_GLOBAL", "GIT_CONFIG_PARAMETERS", "GIT_CONFIG_SYSTEM", "GIT_EDITOR", "GIT_EXEC_PATH",
        "GIT_EXTERNAL_DIFF", "GIT_PAGER", "GIT_PROXY_COMMAND", "GIT_SEQUENCE_EDITOR", "GIT_SSH", "GIT_SSH_COMMAND",
        "GIT_TEMPLATE_DIR", "GLOBIGNORE", "IFS", "JAVA_TOOL_OPTIONS",
        "JDK_JAVA_OPTIONS", "LD_AUDIT", "LD_LIBRARY_PATH", "LD_PRELOAD", "LESSCLOSE", "LESSOPEN", "LUA_CPATH",
        "LUA_INIT", "LUA_PATH", "MAKEFILES", "MAKEFLAGS", "MANPAGER", "NODE_OPTIONS", "NODE_PATH",
        "OPENSSL_CONF", "OPENSSL_MODULES", "PAGER", "PATH", "PERL5DB", "PERL5LIB", "PERL5OPT", "PHP_INI_SCAN_DIR",
        "PHPRC", "PROMPT_COMMAND", "PS4", "PYTHONBREAKPOINT", "PYTHONHOME", "PYTHONINSPECT", "PYTHONPATH",
        "PYTHONPYCACHEPREFIX", "PYTHONSTARTUP", "PYTHONUSERBASE", "R_PROFILE", "R_PROFILE_USER",
        "RUBYGEMS_GEMDEPS", "RUBYLIB", "RUBYOPT", "SHELL", "SHELLOPTS", "SSH_ASKPASS", "SUDO_ASKPASS",
        "TAR_OPTIONS", "VIMINIT", "VISUAL", "ZDOTDIR",
    }
)  # fmt: skip
"""What shells, the dynamic linker and interpreters take code, or the place of code, from."""

PREFIXES = ("BASH_FUNC_", "GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_")
"""Begin the names of variables from which bash takes functions and git settings, some of which are commands."""

_OWN = frozenset({"env", "secrets", "run", "workflow"})
_BOUNDED = ("integer", "number", "boolean", "null")


def check_code_variables(workflow: Workflow, context: Context) -> Iterator[Diagnostic]:
    """Values from elsewhere in `PATH`, `LD_PRELOAD`, `BASH_ENV` and their like."""
    authors = _Authors(workflow, context)
    for env in (workflow.env, *(position.step.env for position in context.positions)):
        yield from _entries(env, authors)


def _entries(env: Environment, authors: "_Authors") -> Iterator[Diagnostic]:
    for one in env:
        name = one.name.text
        if name in NAMES or name.startswith(PREFIXES):
            foreign = authors.foreign(one.value.template)
            if foreign:
                yield _refused(one, foreign)


def _refused(one: Named, foreign: str) -> Diagnostic:
    name = one.name.text
    message = f"`{name}` says what code programs run, and `{foreign}` may come from somebody else"
    where = 'in the script, where it is needed: `PATH="...:$PATH" program`' if name == "PATH" else "in the file"
    return Diagnostic("env-runs-code", message, one.value.span, help=f"write the value {where}")


class _Authors:
    """Which names hold nothing but what the file's author, or who runs the workflow, has chosen."""

    def __init__(self, workflow: Workflow, context: Context) -> None:
        self._variables = {one.name.text: one.value.template for one in workflow.variables}
        self._inputs = {one.name.text for one in workflow.inputs if _is_bounded(one)}
        self._lists: dict[str, list[Template]] = {}
        for position in context.positions:
            loop = position.step.loop
            if isinstance(loop, ForEach):
                self._lists.setdefault(loop.item.text, []).append(loop.items.template)
            elif isinstance(loop, Matrix):
                values = [*(axis.values for axis in loop.axes), *loop.include]
                self._lists.setdefault("matrix", []).extend(one.template for one in values)

    def foreign(self, template: Template, within: frozenset[str] = frozenset()) -> str:
        """The first name in a value that is none of these; empty where all are."""
        for use in uses(template):
            if not self._is_own(use.path, within):
                return ".".join(use.path)
        return ""

    def _is_own(self, path: tuple[str, ...], within: frozenset[str]) -> bool:
        root, name = path[0], path[1] if len(path) > 1 else ""
        if root in _OWN or (root == "inputs" and name in self._inputs):
            return True
        key = name if root == "vars" else root
        if f"{root}.{key}" in within:  # it is made of itself, which another check refuses
            return True
        made_of = [self._variables[name]] if root == "vars" and name in self._variables else self._lists.get(root, [])
        inside = within | {f"{root}.{key}"}
        return bool(made_of) and not any(self.foreign(one, inside) for one in made_of)


def _is_bounded(one: Input) -> bool:
    """Whether the author has bounded the values: a number, a boolean, one of a list."""
    kinds = one.schema.get("type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return "enum" in one.schema or "const" in one.schema or all(kind in _BOUNDED for kind in kinds)
