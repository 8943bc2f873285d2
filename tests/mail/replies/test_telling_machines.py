"""Vacation notices and receipts are told from what people write."""

from email import message_from_string, policy
from email.message import EmailMessage

import pytest

from mail.reading.automatic import is_auto_reply

pytestmark = [pytest.mark.no_db, pytest.mark.policy("P7.3")]


def mail(headers, text="Hello"):
    return message_from_string(f"{headers}\n\n{text}", _class=EmailMessage, policy=policy.default)


@pytest.mark.parametrize(
    ("headers", "text"),
    [
        ("Subject: Re: News\nAuto-Submitted: auto-replied", "Away"),
        ("Subject: x\nAuto-Submitted: auto-generated", "x"),
        ("Subject: Re: x\nX-Autoreply: yes", "x"),
        ("Subject: Re: x\nX-Autorespond: x", "x"),
        ("Subject: x\nPrecedence: auto_reply", "x"),
        ("Subject: Automatic reply: News", "I am away"),
        ("Subject: Automatische Antwort: News", "Bin weg"),
        ("Subject: Abwesenheitsnotiz: News", "x"),
        ("Subject: Réponse automatique : News", "x"),
        ("Subject: Respuesta automática: News", "x"),
        ("Subject: Risposta automatica: News", "x"),
        ("Subject: Resposta automática: News", "x"),
        ("Subject: Automatisch antwoord: News", "x"),
        ("Subject: Odpowiedź automatyczna: News", "x"),
        ("Subject: =?utf-8?b?0JDQstGC0L7QvNCw0YLQuNGH0LXRgdC60LjQuSDQvtGC0LLQtdGC?=: News", "x"),
        ("Subject: Autosvar: News", "x"),
        ("Subject: Automatisk svar: News", "x"),
        ("Subject: Automaattinen vastaus: News", "x"),
        ("Subject: Otomatik yanıt: News", "x"),
        ("Subject: Automatická odpověď: News", "x"),
        ("Subject: 自動応答: News", "x"),
        ("Subject: 自动答复: News", "x"),
        ("Subject: 자동 회신: News", "x"),
        ("Subject: Out of Office", "I will be away"),
        (
            "Subject: Out of the office Re: News",
            "I am out of the office until Monday with limited access to email.",
        ),
        ("Subject: News\nX-Auto-Response-Suppress: All", "x"),
        (
            "Subject: [#12345] We have received your request",
            "This is an automated message. Your request has been received.",
        ),
        ("Subject: News\nPrecedence: bulk\nX-Auto-Response-Suppress: OOF", "x"),
        (
            "Subject: Ticket 4711 opened\nFrom: noreply@desk.example",
            "Your ticket has been created. Please do not reply.",
        ),
        ("Subject: Eingangsbestätigung", "Wir haben Ihre Nachricht erhalten."),
        (
            "Subject: Read: News\n"
            "Content-Type: multipart/report; report-type=disposition-notification; boundary=x",
            "--x--",
        ),
    ],
)
def test_machines(headers, text):
    assert is_auto_reply(mail(headers, text))


@pytest.mark.parametrize(
    ("headers", "text"),
    [
        ("Subject: Re: News", "Yes, please."),
        ("Subject: Re: News\nAuto-Submitted: no", "Yes"),
        ("Subject: Re: News\nPrecedence: bulk", "Yes"),
        ("Subject: AW: Automatische Antwort: News", "Schön, dass du weg bist"),
        ("Subject: Re: Out of office?", "No, I am here."),
        ("Subject: Urlaub im Juli", "Haben Sie noch Zimmer frei?"),
        ("Subject: Vacation homes", "What do they cost?"),
        ("Subject: Auto zu verkaufen", "Noch da?"),
        ("Subject: Re: News\nList-Id: <talk.example>", "I agree."),
        ("Subject: Re: News", "I am out of the office next week, can we meet after that?"),
        ("Subject: Re: your invoice", "My ticket number is 12345. Please help."),
        ("Subject: unsubscribe", ""),
        ("", "Hello"),
        ("Subject: Ferie i juli", "Er der plads?"),
        ("Subject: Re: News\nX-Auto-Response-Suppress: OOF", "Thanks, Ann"),
    ],
)
def test_people(headers, text):
    assert not is_auto_reply(mail(headers, text))
