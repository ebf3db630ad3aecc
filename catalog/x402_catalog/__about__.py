"""The one place that names the version (read by the build and by ``testbuy --version``)."""

__version__ = "0.1.0"
