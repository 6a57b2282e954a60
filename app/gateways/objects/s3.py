"""Objects in a bucket that speaks S3: PUT, GET, DELETE and ListObjectsV2, signed by AWS Signature Version 4.

Five requests need no client library: this is the signature (docs.aws.amazon.com, "Signature Calculations for
the Authorization Header: Transferring Payload in a Single Chunk") over our own bounded connections.
"""

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlsplit

import structlog
import xmltodict

from app.foundation import clock
from app.gateways.objects.port import ObjectMissing, Stored, StoreDown, checked
from app.gateways.wire import Reply, Unanswered, Unreached, Wire

CONNECTIONS, SECONDS, LARGEST = 16, 6.0, 48 << 20
_SIGNED: Final = "host;x-amz-content-sha256;x-amz-date"
_log = structlog.get_logger(__name__)


class Bucket:
    """One bucket; `address` is its own URL, whether the host or the path names it."""

    def __init__(self, address: str, *, region: str, key_id: str, secret: str) -> None:
        parts = urlsplit(address)
        self._host, self._prefix = parts.netloc, parts.path.rstrip("/")
        self._region, self._key_id, self._secret = region, key_id, secret
        self._wire = Wire(
            f"{parts.scheme}://{parts.netloc}",
            connections=CONNECTIONS,
            read_seconds=SECONDS,
            largest_reply=LARGEST,
        )

    def put(self, name: str, content: bytes) -> None:
        """PUT Object."""
        self._must(self._ask("PUT", f"/{checked(name)}", body=content), HTTPStatus.OK)

    def get(self, name: str) -> bytes:
        """GET Object."""
        reply = self._ask("GET", f"/{checked(name)}")
        if reply.status == HTTPStatus.NOT_FOUND:
            raise ObjectMissing
        self._must(reply, HTTPStatus.OK)
        return reply.body

    def delete(self, name: str) -> None:
        """DELETE Object."""
        reply = self._ask("DELETE", f"/{checked(name)}")
        self._must(reply, HTTPStatus.NO_CONTENT, HTTPStatus.OK, HTTPStatus.NOT_FOUND)

    def stored(self, kind: str) -> Iterator[Stored]:
        """ListObjectsV2, page by page."""
        query = {"list-type": "2", "prefix": f"{kind}/"}
        while True:
            reply = self._ask("GET", "/", query=query)
            self._must(reply, HTTPStatus.OK)
            page = xmltodict.parse(reply.body, force_list=("Contents",))["ListBucketResult"]
            yield from (_stored(found) for found in page.get("Contents", ()))
            if page.get("IsTruncated") != "true":
                return
            query["continuation-token"] = page["NextContinuationToken"]

    def close(self) -> None:
        """Close idle connections."""
        self._wire.close()

    def _ask(
        self, method: str, path: str, *, body: bytes = b"", query: Mapping[str, str] | None = None
    ) -> Reply:
        asked = "&".join(f"{quote(k, safe='')}={quote(v, safe='')}" for k, v in sorted((query or {}).items()))
        resource = quote(self._prefix + path, safe="/")
        headers = self._signed(method, resource, asked, hashlib.sha256(body).hexdigest())
        try:
            return self._wire.request(
                method, f"{resource}?{asked}" if asked else resource, body=body or None, headers=headers
            )
        except (Unreached, Unanswered) as error:
            _log.warning("objects.s3_silent", reason=str(error))
            raise StoreDown from None

    def _signed(self, method: str, resource: str, query: str, digest: str) -> dict[str, str]:
        moment = clock.now().strftime("%Y%m%dT%H%M%SZ")
        headers = {"host": self._host, "x-amz-content-sha256": digest, "x-amz-date": moment}
        lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
        asked = f"{method}\n{resource}\n{query}\n{lines}\n{_SIGNED}\n{digest}"
        scope = f"{moment[:8]}/{self._region}/s3/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashlib.sha256(asked.encode()).hexdigest()}"
        key = f"AWS4{self._secret}".encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), hashlib.sha256)
        signature = hmac.digest(key, text.encode(), hashlib.sha256).hex()
        said = f"Credential={self._key_id}/{scope}, SignedHeaders={_SIGNED}, Signature={signature}"
        del headers["host"]  # the wire writes it
        return {**headers, "authorization": f"AWS4-HMAC-SHA256 {said}"}

    def _must(self, reply: Reply, *good: int) -> None:
        if reply.status not in good:
            _log.error("objects.s3_refused", status=reply.status)
            raise StoreDown


def _stored(found: Mapping[str, Any]) -> Stored:
    return Stored(found["Key"], datetime.fromisoformat(found["LastModified"]))
