"""Machines, lists and bounces are recognised, and people are not taken for them (FEATURES E9)."""

import pytest

from kontor_mail_ingest.domain.messages import Automation, ParsedMail
from kontor_mail_ingest.domain.mime import read_mail


def automation(*fields: str) -> Automation:
    mail = read_mail(("\n".join(fields) + "\n\nbody").encode())
    assert isinstance(mail, ParsedMail)
    return mail.automation


@pytest.mark.parametrize(
    ("fields", "signs"),
    [
        (["Auto-Submitted: auto-replied"], Automation(auto_submitted="auto-replied", auto_reply=True)),
        (["Auto-Submitted: auto-replied (vacation)"], Automation(auto_submitted="auto-replied", auto_reply=True)),
        (["Auto-Submitted: AUTO-GENERATED; x=y"], Automation(auto_submitted="auto-generated")),
        (["Precedence: auto_reply"], Automation(auto_reply=True)),
        (["X-Autoreply: yes"], Automation(auto_reply=True)),
        (["Subject: Automatische Antwort: Angebot"], Automation(auto_reply=True)),
        (["Subject: Abwesenheitsnotiz"], Automation(auto_reply=True)),
        (["Subject: Out of Office: Anna"], Automation(auto_reply=True)),
        (["Subject: Automatic reply: Offer"], Automation(auto_reply=True)),
        (["From: MAILER-DAEMON@example.com"], Automation(bounce=True)),
        (["From: MAILER-DAEMON (Mail Delivery System)"], Automation(bounce=True)),
        (["From: postmaster@example.com", "Subject: Undeliverable: Offer"], Automation(bounce=True)),
        (["From: postmaster@example.com", "Subject: Unzustellbar: Angebot"], Automation(bounce=True)),
        (["X-Failed-Recipients: a@example.com"], Automation(bounce=True)),
        (["Return-Path: <>"], Automation(null_sender=True)),
        (["Content-Type: multipart/report; report-type=delivery-status"], Automation(report=True, bounce=True)),
        (["Content-Type: multipart/report; report-type=disposition-notification"], Automation(report=True)),
        (["List-Id: <team.example.com>"], Automation(mailing_list=True)),
        (["Precedence: list"], Automation(mailing_list=True, bulk=True)),
        (["Precedence: bulk"], Automation(bulk=True)),
        (["List-Unsubscribe: <https://example.com>"], Automation(bulk=True)),
    ],
)
def test_signs_of_machines_are_seen_and_such_mail_is_not_answered(fields: list[str], signs: Automation) -> None:
    found = automation(*fields)
    assert found == signs
    assert not found.answerable


@pytest.mark.parametrize(
    "fields",
    [
        ["Auto-Submitted: no"],
        ["Auto-Submitted:"],
        ["Subject: Re: Automatische Antwort: Angebot"],
        ["Subject: Automatischer Ablauf im Lager"],
        ["From: postmaster@example.com", "Subject: Your new mailbox"],
        ["Subject: Undeliverable parcel"],
        ["Return-Path: <anna@example.com>"],
        ["Precedence: first-class"],
    ],
)
def test_people_are_not_taken_for_machines(fields: list[str]) -> None:
    assert automation(*fields).answerable


def test_servers_that_were_passed_are_counted() -> None:
    assert automation(*["Received: from a by b"] * 60).hops == 60
