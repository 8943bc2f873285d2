"""Mails as they come back, for the tests of what comes back."""

from email.message import EmailMessage
from email.utils import make_msgid


def report(address: str, *, status: str = "5.1.1", words: str = "550 5.1.1 no such user", **more):
    """A delivery report (RFC 3464) about one recipient."""
    action = more.get("action", "failed")
    return (
        "From: MAILER-DAEMON@mx.example.net\r\nTo: us\r\nSubject: Undelivered Mail\r\n"
        "MIME-Version: 1.0\r\n"
        f"Message-ID: {make_msgid()}\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.net\r\n"
        f"\r\nFinal-Recipient: rfc822; {address}\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; {words}\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\n{more.get('headers', '')}\r\n--b--\r\n"
    ).encode()


def complaint(headers: str):
    """A report of a feedback loop (ARF, RFC 5965)."""
    return (
        "From: fbl@provider.example\r\nTo: fbl@mail.localhost\r\nSubject: complaint\r\n"
        "MIME-Version: 1.0\r\n"
        f"Message-ID: {make_msgid()}\r\n"
        "Content-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: text/plain\r\n\r\nThis is spam.\r\n"
        "--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n"
        "User-Agent: Example/1.0\r\nVersion: 1\r\n\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\n{headers}\r\nHello\r\n--b--\r\n"
    ).encode()


def answer(letter, text: str, *, sender: str, name: str = "", subject: str = "", **headers: str):
    """A person's reply to `letter`, with the usual quote below."""
    message = EmailMessage()
    message["From"] = f'"{name}" <{sender}>' if name else sender
    message["To"] = letter.message["Reply-To"]
    message["Subject"] = subject or f"Re: {letter.subject}"
    message["Message-ID"] = make_msgid()
    message["In-Reply-To"] = letter.message["Message-ID"]
    for key, value in headers.items():
        message[key.replace("_", "-")] = value
    quoted = "\n".join(f"> {line}" for line in letter.text.splitlines())
    message.set_content(f"{text}\n\nOn Monday, Acme wrote:\n{quoted}\n")
    return message.as_bytes().replace(b"\n", b"\r\n")
