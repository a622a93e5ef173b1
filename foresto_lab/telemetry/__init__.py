"""What a running foresto_lab tells about itself: log lines and metrics.

Both are off the path of the numbers: a line that cannot be written, or a count that
cannot be kept, stops nothing. structlog is imported with the first line that is really
written, prometheus_client with the first count or exposition.
"""

from foresto_lab.telemetry.context import bound, in_this_context
from foresto_lab.telemetry.logs import EventLogger, get_logger

__all__ = ["EventLogger", "bound", "get_logger", "in_this_context"]
