"""A throw-away certificate authority: what `snowkit lab --tls` shows to a client, and whom the client must trust."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

NAMES = ("127.0.0.1", "localhost", "::1")
# Long enough for a workshop. The early start is for clients whose clock is behind, and for a moved clock of the lab.
LIFETIME = timedelta(days=7)
EARLIER = timedelta(days=2)
DOMAIN = "service-now.com"


@dataclass(frozen=True, slots=True)
class Papers:
    """Paths of PEM files: the authority's certificate, the server's certificate, and the server's key."""

    ca_file: str
    certificate: str
    key: str


@contextmanager
def throwaway(instance_name: str, *more: str) -> Iterator[Papers]:
    """Make an authority and one certificate in a private folder, which goes when the context closes.

    The certificate names this computer's loopback, `<instance_name>.service-now.com`, since many clients build
    that address from an instance's name, and `more`. The authority's own key is never written anywhere, so nothing
    else can be signed in its name.
    """
    # Slow to import, and only wanted here.
    from trustme import CA  # noqa: PLC0415

    now = datetime.now(UTC)
    authority = CA(
        path_length=0, organization_name="snowkit lab", organization_unit_name="throw-away authority"
    )
    leaf = authority.issue_cert(
        *dict.fromkeys((*NAMES, f"{instance_name}.{DOMAIN}", *more)),
        organization_name="snowkit lab",
        not_before=now - EARLIER,
        not_after=now + LIFETIME,
    )
    # Only its owner may enter it: mode 0700, and on Windows the folder is the user's own.
    with TemporaryDirectory(prefix="snowkit-lab-", ignore_cleanup_errors=True) as folder:
        certificate = b"".join(blob.bytes() for blob in leaf.cert_chain_pems)
        yield Papers(
            ca_file=_written(folder, "ca.pem", authority.cert_pem.bytes()),
            certificate=_written(folder, "server.pem", certificate),
            key=_written(folder, "server.key", leaf.private_key_pem.bytes()),
        )


def _written(folder: str, name: str, content: bytes) -> str:
    path = Path(folder, name)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    return str(path)
