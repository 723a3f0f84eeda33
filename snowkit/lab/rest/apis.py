"""Which REST APIs the instance has: their paths, methods and resources, and what answers them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from snowkit.lab.rest.call import Answer, Call

Handler = Callable[[Call], Answer]
CUSTOMER_SERVICE = "com.sn_customerservice"


@dataclass(frozen=True)
class Api:
    """One API as policies, scopes and ACLs know it; `plugin` is empty for those of the platform itself."""

    name: str
    path: str
    newest: str = "v1"
    plugin: str = ""
    max_body: str = "glide.rest.max_content_length"


@dataclass(frozen=True)
class Endpoint:
    """One resource of an API; `pattern` is the path without /api and version, with parts in braces."""

    api: Api
    pattern: str
    handlers: Mapping[str, Handler]

    @cached_property
    def matcher(self) -> re.Pattern[str]:
        """The pattern for a path; a version may stand after the namespace."""
        namespace, _, rest = self.pattern.strip("/").partition("/")
        rest = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", rest)
        return re.compile(rf"/api/{namespace}(?:/(?P<version>v\d+))?/{rest}/?")


TABLE = Api("Table API", "now/table", newest="v2")
ATTACHMENT = Api("Attachment API", "now/attachment", max_body="")
AGGREGATE = Api("Aggregate API", "now/stats")
UI = Api("UI API", "now/ui")
DOCUMENTATION = Api("Documentation API", "now/doc")
BATCH = Api("Batch API", "now/batch")
CASE = Api("Case API", "sn_customerservice/case", plugin=CUSTOMER_SERVICE)
ACCOUNT = Api("Account API", "now/account", plugin=CUSTOMER_SERVICE)
CONTACT = Api("Contact API", "now/contact", plugin=CUSTOMER_SERVICE)
CONSUMER = Api("Consumer API", "now/consumer", plugin=CUSTOMER_SERVICE)
