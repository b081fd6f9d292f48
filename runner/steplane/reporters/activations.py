"""What an instance is called where its list may have begun it more than once: `draft#2` is its second activation."""

from steplane.kernel import Instance


def shown_name(one: Instance) -> str:
    """The path of an instance, with the number of each further activation that a `goto` or a join has begun."""
    return _named(one) if _is_begun_often(one) else one.path


def _is_begun_often(one: Instance) -> bool:
    scope = one.scope
    while scope is not None:
        if scope.list.repeats:
            return True
        scope = scope.owner.scope
    return False


def _named(one: Instance) -> str:
    scope = one.scope
    if scope is None:
        return one.path
    outer = one.parent or scope.owner
    part = one.path[len(outer.path) :].lstrip("/")
    name = f"{_named(outer)}{'' if one.parent is not None or not outer.path else '/'}{part}"
    return f"{name}#{one.number}" if one.number > 1 and one.parent is None and scope.list.repeats else name
