"""Forward simulation: many made-up futures of a portfolio, and the chances in them."""

from foresto_lab.scenarios.forward.front import forward
from foresto_lab.scenarios.forward.methods import (
    METHODS,
    Bootstrap,
    Method,
    Parametric,
    parse_method,
)
from foresto_lab.scenarios.forward.result import ForwardResult

__all__ = [
    "METHODS",
    "Bootstrap",
    "ForwardResult",
    "Method",
    "Parametric",
    "forward",
    "parse_method",
]
