"""The package's own indicators: what TA-Lib lacks, or has with other outputs.

Adding one adds a declaration to the module of its kind, and a reference to compare it
with in the tests.
"""

from foresto_lab.indicators.built_in import channels, momentum, volume
from foresto_lab.indicators.built_in.declared import BuiltInIndicator

BUILT_IN: tuple[BuiltInIndicator, ...] = (
    *momentum.INDICATORS,
    *channels.INDICATORS,
    *volume.INDICATORS,
)

__all__ = ["BUILT_IN", "BuiltInIndicator"]
