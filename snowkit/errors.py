"""What can go wrong, as one tree of exceptions; each says what happened, where, and what to do next.

SnowkitError
├── UsageError                 the call or the configuration is wrong; exit code 2
│   ├── ProfileError           no such connection, or its file cannot be read
│   ├── PackError              a pack's data are wrong
│   ├── UpdateSetError         a file cannot be read as an update set
│   ├── OutputError            a file cannot be written
│   ├── PortTaken              another process listens on the port
│   └── ListenerFailed         a server of ours did not start
├── InstanceError              the instance could not be asked; exit code 3
│   ├── Unreachable            DNS, TLS, proxy, refused or broken connection, deadline
│   └── OAuthError             the authorization server refused, or answered nonsense
└── LabError                   the emulated instance cannot do what was asked; exit code 2
"""

from __future__ import annotations


class SnowkitError(Exception):
    """A failure that a user can act on.

    `what` happened and where, in one sentence; `next_step` says what to do. Neither holds a secret.
    """

    exit_code = 2

    def __init__(self, what: str, next_step: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.what} {self.next_step}".rstrip()


class UsageError(SnowkitError):
    """The call or the configuration is wrong."""


class ProfileError(UsageError):
    """A connection's profile is missing or cannot be read."""


class PackError(UsageError):
    """A pack's data are wrong."""


class UpdateSetError(UsageError):
    """A file cannot be read as an update set."""


class OutputError(UsageError):
    """A file cannot be written."""


class PortTaken(UsageError):
    """Another process listens on the port."""


class ListenerFailed(UsageError):
    """A server of ours did not start."""


class InstanceError(SnowkitError):
    """The instance could not be asked, so nothing is known."""

    exit_code = 3


class Unreachable(InstanceError):
    """No answer came: DNS, TLS, proxy, a refused or broken connection, or the deadline passed.

    `cause` is one of the report's causes: `dns`, `tls`, `network`, `rate_limit`; `again` says whether another try
    may help.
    """

    def __init__(
        self, what: str, next_step: str = "", *, cause: str = "network", again: bool = False
    ) -> None:
        super().__init__(what, next_step)
        self.cause = cause
        self.again = again


class OAuthError(InstanceError):
    """The authorization server refused, or answered nonsense.

    `error` is the OAuth error code (RFC 6749, section 5.2), empty when there was none.
    """

    def __init__(self, what: str, next_step: str = "", *, error: str = "", status: int | None = None) -> None:
        super().__init__(what, next_step)
        self.error = error
        self.status = status


class LabError(SnowkitError):
    """The emulated instance cannot do what was asked."""
