"""Messages are read: one by one, in lists, as they were received, and by search."""

from dataclasses import replace
from typing import Any

import pytest

from kontor.mail.v1 import messages_pb2 as pb
from kontor.type.v1 import document_pb2 as documents
from kontor_chassis.errors import InvalidArgument, NotFound, PermissionDenied
from kontor_chassis.ids import new_id
from kontor_chassis.principal import Principal


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Any:
    return request.param


def searcher(mail: Any, account_id: str = "") -> Principal:
    """Search, as it asks for documents."""
    account_id = account_id or mail.harness.user.account_id
    return Principal(account_id=account_id, service="mail-ingest", scopes=frozenset({"documents.read"}))


async def test_a_message_is_shown_with_all_that_it_says(mail: Any, letter: Any) -> None:
    anna = await mail.person("anna@kunde.example")
    content = letter(
        "--b\nContent-Type: text/plain; charset=utf-8\n\nSchöne Grüße\n--b\n"
        'Content-Type: application/pdf; name="Angebot.pdf"\nContent-Transfer-Encoding: base64\n\naGFsbG8=\n--b--',
        Content_Type="multipart/mixed; boundary=b",
        Cc="Carla <carla@kunde.example>, dora@kunde.example",
        Message_ID="<1@firma.example>",
    )
    answer = await mail.deposit(content)
    await mail.settled()
    message = await mail.call(pb.GetMessageRequest(id=answer.split()[-1]))
    assert message == pb.Message(
        id=message.id,
        state=pb.MESSAGE_STATE_FILED,
        depositor_user_id=mail.harness.user.user_id,
        depositor_user_ids=[mail.harness.user.user_id],
        from_mailbox=pb.Mailbox(name="Bernd Berger", address="b.berger@firma.example"),
        to_mailboxes=[pb.Mailbox(name="Anna Öztürk", address="anna@kunde.example")],
        cc_mailboxes=[pb.Mailbox(name="Carla", address="carla@kunde.example"), pb.Mailbox(address="dora@kunde.example")],
        subject="Angebot",
        message_id="1@firma.example",
        send_time=message.send_time,
        receive_time=message.receive_time,
        text="Schöne Grüße",
        attachments=[pb.Attachment(filename="Angebot.pdf", media_type="application/pdf", size=5)],
        filings=[pb.Filing(subject=f"persons/{anna}", reason="to", address="anna@kunde.example")],
        size=len(content),
    )
    assert message.send_time.ToJsonString() == "2026-03-02T08:00:00Z"
    assert message.receive_time.ToJsonString() == "2026-03-02T09:00:00Z"
    (brief,) = await mail.messages()
    message.ClearField("text")
    assert brief == message


async def test_a_message_without_a_usable_date_counts_from_its_receipt(mail: Any, letter: Any) -> None:
    await mail.deposit(letter(Date="gestern"))
    await mail.settled()
    (message,) = await mail.messages()
    assert message.send_time == message.receive_time


async def test_a_list_is_newest_first_and_paged_without_gaps(mail: Any, letter: Any) -> None:
    await mail.person("anna@kunde.example")
    for number in range(7):
        await mail.deposit(letter(Subject=str(number), To="anna@kunde.example" if number % 2 else "x@y.example"))
        if number != 3:
            mail.harness.clock.advance(seconds=1)
    await mail.settled()
    for state, wanted in (("UNSPECIFIED", "6543210"), ("FILED", "531"), ("TRAY", "6420")):
        seen, token = "", ""
        while True:
            request = pb.ListMessagesRequest(page_size=2, page_token=token, state=f"MESSAGE_STATE_{state}")
            response = await mail.call(request)
            seen += "".join(message.subject for message in response.messages)
            token = response.next_page_token
            if not token:
                break
        assert seen == wanted
    assert await mail.messages(state="MESSAGE_STATE_RECEIVED") == []


async def test_a_page_that_cannot_be_is_refused(mail: Any, letter: Any) -> None:
    for number in range(3):
        await mail.deposit(letter(str(number)))
    token = (await mail.call(pb.ListMessagesRequest(page_size=1))).next_page_token
    for request in (
        pb.ListMessagesRequest(page_token=token, state=pb.MESSAGE_STATE_TRAY),
        pb.ListMessagesRequest(page_token="nonsense"),
        pb.ListMessagesRequest(page_size=-1),
        pb.ListMessagesRequest(state=99),  # type: ignore[arg-type]
    ):
        with pytest.raises(InvalidArgument):
            await mail.call(request)


async def test_the_bytes_come_back_as_they_were_received(mail: Any, letter: Any) -> None:
    content = letter("\x00 ä " + "x" * 3000) + b"\xff\xfe\r\n"
    answer = await mail.deposit(content)
    assert await mail.raw(answer.split()[-1]) == content
    await mail.settled()
    assert await mail.raw(answer.split()[-1]) == content


async def test_colleagues_see_all_messages_and_another_account_none(mail: Any, letter: Any) -> None:
    await mail.person("anna@kunde.example")
    answer = await mail.deposit(letter())
    await mail.settled()
    message_id, stranger = answer.split()[-1], mail.colleague(account_id=new_id())
    assert len(await mail.messages(mail.colleague())) == 1
    assert await mail.messages(stranger) == []
    for request in (pb.GetMessageRequest(id=message_id), pb.GetRawMessageRequest(id=message_id)):
        await mail.call(request, user=mail.colleague())
        with pytest.raises(NotFound):
            await mail.call(request, user=stranger)
        with pytest.raises(NotFound):
            await mail.call(type(request)(id="nonsense"))
        with pytest.raises(PermissionDenied):
            await mail.call(request, user=replace(mail.harness.user, scopes=frozenset({"contacts.read"})))
    theirs = searcher(mail, stranger.account_id)
    assert (await mail.call(documents.ListDocumentsRequest(), user=theirs)).documents == []
    assert (await mail.call(documents.BatchGetDocumentsRequest(refs=[f"messages/{message_id}"]), user=theirs)).documents == []


async def test_search_finds_filed_messages_and_not_the_tray(mail: Any, letter: Any) -> None:
    anna = await mail.person("anna@kunde.example")
    filed = (await mail.deposit(letter("Schöne Grüße", Cc="carla@kunde.example"))).split()[-1]
    held = (await mail.deposit(letter(To="x@y.example"))).split()[-1]
    await mail.settled()
    refs = [f"messages/{filed}", f"messages/{held}", f"persons/{anna}", "messages/", "nonsense", f"messages/{new_id()}"]
    (document,) = (await mail.call(documents.BatchGetDocumentsRequest(refs=refs), user=searcher(mail))).documents
    assert document == documents.Document(
        ref=f"messages/{filed}",
        kind="email",
        title="Angebot",
        keywords=["Bernd Berger", "Anna Öztürk"],
        text="Schöne Grüße",
        emails=["b.berger@firma.example", "anna@kunde.example", "carla@kunde.example"],
        subjects=[f"persons/{anna}"],
        owner_user_id=mail.harness.user.user_id,
        update_time=document.update_time,
        sequence=2,
    )
    assert list((await mail.call(documents.ListDocumentsRequest(), user=searcher(mail))).documents) == [document]
    with pytest.raises(PermissionDenied):
        await mail.call(documents.ListDocumentsRequest())


async def test_all_documents_are_listed_page_by_page_however_long_they_are(mail: Any, letter: Any) -> None:
    await mail.person("anna@kunde.example")
    sent = {(await mail.deposit(letter(f"{number} " + "wort " * 20_000))).split()[-1] for number in range(5)}
    await mail.settled()
    seen, token = [], ""
    while True:
        response = await mail.call(documents.ListDocumentsRequest(page_size=2, page_token=token), user=searcher(mail))
        seen += [document.ref.partition("/")[2] for document in response.documents]
        assert all(len(document.text) == 30_000 for document in response.documents)
        token = response.next_page_token
        if not token:
            break
    assert seen == sorted(sent)
