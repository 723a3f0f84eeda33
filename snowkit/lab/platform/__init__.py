"""The emulated platform beside the instance: Settings, Integrations, a receiver of webhooks, and what it pulled.

It knows an instance only as any vendor does, by its pages and its APIs.
"""

from snowkit.lab.platform.app import Platform
from snowkit.lab.platform.authorization import CALLBACK_PATH
from snowkit.lab.platform.guard import ADMIN
from snowkit.lab.platform.inbox import BODY_LIMIT, INBOX_PATH, WEBHOOK_PATH

__all__ = ["ADMIN", "BODY_LIMIT", "CALLBACK_PATH", "INBOX_PATH", "WEBHOOK_PATH", "Platform"]
