"""Mail goes out by a server that the environment names (EMAIL_URL); its socket passes the guard as every other does."""

from __future__ import annotations

import smtplib  # noqa: TID251  # its sockets are opened by the guard below
import socket
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

from integrations.http.guard import Guard, Refused, guard_for
from integrations.http.plain_sockets import open_socket

SECONDS = 15.0


def mail_guard() -> Guard:
    """On public addresses only the port that the environment names; a private server's network must be named with its
    port, as "10.0.0.5/32 25": these ports are closed otherwise."""
    return guard_for(tuple(settings.PRIVATE_NETWORKS), (int(settings.EMAIL_PORT),))


class _Smtp(smtplib.SMTP):
    def _get_socket(self, host: str, port: int, timeout: Any) -> socket.socket:
        return open_socket(mail_guard(), host, port, SECONDS)


class _SmtpOverTls(smtplib.SMTP_SSL):
    context: Any

    def _get_socket(self, host: str, port: int, timeout: Any) -> Any:
        opened = open_socket(mail_guard(), host, port, SECONDS)
        return self.context.wrap_socket(opened, server_hostname=host)


class GuardedEmailBackend(EmailBackend):
    """Django's own, over guarded sockets."""

    def __init__(self, *args: Any, **options: Any) -> None:
        options["timeout"] = options.get("timeout") or SECONDS
        super().__init__(*args, **options)

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _SmtpOverTls if self.use_ssl else _Smtp


class MailFailed(Exception):
    """Why a mail did not go. `is_sure`: it has surely not arrived. `again`: it may go later."""

    def __init__(self, sentence: str, *, is_sure: bool = True, again: bool = False) -> None:
        super().__init__(sentence)
        self.is_sure, self.again = is_sure, again


def send(mail: EmailMessage) -> None:
    """Raises MailFailed."""
    if not settings.MAIL_IS_SET:
        raise MailFailed("No mail server is set: EMAIL_URL in the environment names it.")
    try:
        mail.send()
    except Refused as refused:
        raise MailFailed(str(refused)) from refused
    except (smtplib.SMTPConnectError, smtplib.SMTPHeloError, ConnectionRefusedError) as error:
        raise MailFailed("The mail server does not answer.", again=True) from error
    except smtplib.SMTPAuthenticationError as error:
        raise MailFailed("The mail server does not accept the login that EMAIL_URL has.") from error
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused) as error:
        raise MailFailed("The mail server refuses the sender or an address.") from error
    except (smtplib.SMTPException, OSError) as error:
        lost = f"The mail server's answer was lost ({type(error).__name__}); it may have taken the mail."
        raise MailFailed(lost, is_sure=False) from error
