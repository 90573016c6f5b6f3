"""Where an S3-compatible store is: `s3://bucket/prefix?endpoint=https://store.example.org&region=eu-central-1&addressing=path`."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*(/[A-Za-z0-9][A-Za-z0-9_.-]*)*")
_MAX_PREFIX = 256
_OPTIONS = ("endpoint", "region", "addressing")
_ADDRESSING = ("path", "virtual")


@dataclass(frozen=True)
class S3Address:
    bucket: str
    # What stands before every key, without a slash at its end; empty: nothing.
    prefix: str = ""
    # Empty: what AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL names, else Amazon's own.
    endpoint: str = ""
    # Empty: AWS_REGION or AWS_DEFAULT_REGION, else us-east-1, which other stores take for their own.
    region: str = ""
    # `path`: https://store/bucket/key, which every store knows; `virtual`: https://bucket.store/key.
    addressing: str = "path"

    def name_of(self, key: str) -> str:
        """The object's name for a key that was checked."""
        return f"{self.prefix}/{key}" if self.prefix else key


def parse_address(url: str) -> S3Address:
    """Raises ValueError, for operators, where the address is wrong; the message repeats none of it, because it may hold a secret."""
    parts = urlsplit(url)
    if parts.scheme != "s3":
        raise ValueError("an object store's address begins with s3://")
    if "@" in parts.netloc:
        raise ValueError("credentials do not belong in the address; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
    if parts.fragment or not _BUCKET.fullmatch(parts.netloc) or ".." in parts.netloc:
        raise ValueError("s3:// is followed by the name of a bucket: 3 to 63 of a-z, 0-9, dots and hyphens")
    prefix = parts.path.strip("/")
    if prefix and (len(prefix) > _MAX_PREFIX or not _PREFIX.fullmatch(prefix)):
        raise ValueError("the prefix after the bucket's name is made of letters, digits, dots, hyphens, underscores and single slashes")
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    options = dict(pairs)
    if len(options) != len(pairs) or not set(options) <= set(_OPTIONS):
        raise ValueError(f"the options of an object store's address are {', '.join(_OPTIONS)}, each at most once")
    if "endpoint" in options and not _is_endpoint(options["endpoint"]):
        raise ValueError("endpoint is http://host:port or https://host:port, without credentials and without a path")
    if options.get("addressing", "path") not in _ADDRESSING:
        raise ValueError("addressing is path or virtual")
    return S3Address(parts.netloc, prefix, **options)


def _is_endpoint(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    plain = not (parts.query or parts.fragment or "@" in parts.netloc)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and plain and parts.path in ("", "/")
