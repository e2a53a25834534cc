"""The configuration: TOML and environment in, one frozen `Config` out, loaded once."""

from __future__ import annotations

from mailguard.config.config import Config
from mailguard.config.loading import InvalidConfigError, load_config

__all__ = ["Config", "InvalidConfigError", "load_config"]
