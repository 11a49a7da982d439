"""Methods that are made of operations, as `help` shows them."""

from collections.abc import Callable
from inspect import Parameter, signature
from typing import TypeVar, get_args

Method = TypeVar("Method", bound=Callable[..., object])
_SELF = Parameter("self", Parameter.POSITIONAL_ONLY)


def described(method: Method, operation: Callable[..., object]) -> Method:
    """Give a method the name, the words and the parameters of its operation; return it."""
    takes = signature(operation)
    _, _, returned = get_args(takes.return_annotation)
    method.__name__ = operation.__name__
    method.__qualname__ = f"{method.__qualname__.partition('.')[0]}.{operation.__name__}"
    method.__doc__ = operation.__doc__
    method.__module__ = operation.__module__
    shown = takes.replace(parameters=[_SELF, *takes.parameters.values()], return_annotation=returned)
    setattr(method, "__signature__", shown)  # noqa: B010 - mypy knows no such attribute
    return method
