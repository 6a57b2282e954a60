"""Everything a deployment can vary, typed, read from the environment only.

A default here is either right in production and public, or there is no default.
"""

from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

DEFAULT_WECHAT_BASE = "https://api.weixin.qq.com"


FEWEST_TO_BE_SHOWN = 3


class Environment(StrEnum):
    """Where this process runs; production refuses sandboxes and demo secrets."""

    PRODUCTION = "production"
    DEMO = "demo"
    TEST = "test"


class Settings(BaseSettings):
    """The settings of one process."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    environment: Environment = Environment.PRODUCTION
    database_url: SecretStr
    redis_url: SecretStr

    wechat_api_base: str = DEFAULT_WECHAT_BASE
    wechat_app_id: str
    wechat_app_secret: SecretStr
    wechat_push_token: SecretStr
    wechat_push_aes_key: SecretStr
    wechat_push_aes_key_previous: SecretStr | None = None
    wechat_templates: dict[str, str] = Field(default_factory=dict)
    """Our template key → the template id of this mini-program's account."""

    registries_base: str
    registries_key: SecretStr

    field_keys: SecretStr
    """`id:base64` pairs of 32 bytes, comma separated; the first encrypts, every one decrypts."""
    index_key: SecretStr
    """base64 of 32 bytes for blind indexes; lives outside the database."""

    snapshot_folder: Path | None = None
    """Where snapshots of facts and results of population runs lie: an encrypted disk, this user's alone."""
    delivery_folder: Path | None = None
    """Where a data platform (一人一档) delivers the facts of everybody; without it nobody else is found."""
    population_placement: str = "serial"
    """Where population runs work: `serial`, `processes:4` (of this machine), `spark:` and an address."""
    daily_hour: Annotated[int, Field(ge=0, le=23)] = 4
    """From which hour of the day (Asia/Shanghai) everybody is matched, where there is a SNAPSHOT_FOLDER."""
    materials_store: Annotated[str, Field(pattern=r"^(file:///|https?://)\S+$")]
    """Where uploaded files lie, sealed: `file:///folder`, or the address of a bucket that speaks S3."""
    materials_s3_key: SecretStr | None = None
    """`key id:secret` of the bucket."""
    materials_s3_region: str = "us-east-1"
    clamd_address: Annotated[str, Field(pattern=r"^(tcp://|unix:///)\S+$")]
    """The virus scanner: `tcp://host:port` or `unix:///path`."""
    public_base_url: str = ""
    database_pool: int = 5
    push_concurrency: Annotated[int, Field(ge=1, le=200)] = 16
    smallest_cell: Annotated[int, Field(ge=1, le=1000)] = 5
    """Previews show no number of people by region, age or sex below it; 1 hides nothing."""
    push_rate: Annotated[float, Field(ge=1, le=20_000)] = 1000
    """Pushes a second at most, over all workers; 45011 slows down by itself."""
    metrics_networks: tuple[IPv4Network | IPv6Network, ...] = (
        IPv4Network("127.0.0.0/8"),
        IPv6Network("::1/128"),
    )
    trusted_proxies: Annotated[int, Field(ge=0, le=5)] = 0
    """How many reverse proxies of ours stand in front: so many hops of X-Forwarded-For are believed."""
    log_level: str = "INFO"

    @model_validator(mode="after")
    def _deliveries_are_compared(self) -> "Settings":
        """Refuse deliveries without a place for what the last one was found to be."""
        if self.delivery_folder is not None and self.snapshot_folder is None:
            raise ValueError(
                "DELIVERY_FOLDER needs SNAPSHOT_FOLDER, where the results of deliveries are kept"
            )
        return self

    @model_validator(mode="after")
    def _production_is_real(self) -> "Settings":
        """Refuse to start in production with a sandbox behind a gateway."""
        if self.environment is not Environment.PRODUCTION:
            return self
        if not self.wechat_api_base.startswith("https://"):
            raise ValueError("production talks to WeChat over https only")
        if not self.registries_base.startswith("https://"):
            raise ValueError("production talks to the registries over https only")
        if self.smallest_cell < FEWEST_TO_BE_SHOWN:
            raise ValueError("production shows no number of fewer than three people")
        if self.materials_store.startswith("http://"):
            raise ValueError("production talks to its bucket over https only")
        return self
