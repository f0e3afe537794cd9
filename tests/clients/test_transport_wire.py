"""What the wire itself can do to a call: whether anything left, and whether an answer can be trusted."""

import gzip
import json
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from openchair.clients.open_dental import OpenDentalClient
from openchair.clients.wire import LARGEST_BODY, Timeouts
from openchair.errors import EhrOutcomeUnknown, EhrUnavailable, EhrUnreachable
from openchair.models.visit import Move, Place
from tests.clients.loopback import Deed, Loopback, answer, hang_up, raw, reset
from tests.clients.support import Bench, RealClock, appointment_row

ROW = json.dumps(appointment_row()).encode()
QUICK = Timeouts(connect=0.5, read=0.15, write=0.15)


def read(client: OpenDentalClient) -> object:
    return client.appointment("34")


def write(client: OpenDentalClient) -> object:
    return client.move_appointment("34", Move(datetime(2026, 3, 2, 17, tzinfo=UTC), 60, Place("3", "1")))


BROKEN: dict[str, Deed] = {
    "closed without an answer": hang_up,
    "reset": reset,
    "half a status line": raw(b"HTTP/1."),
    "no HTTP at all": raw(b"\x00\x01\x02\r\n\r\n"),
    "headers cut": raw(b"HTTP/1.1 200 OK\r\nContent-Le"),
    "body cut": answer(ROW[:40], length=len(ROW)),
    "body missing": answer(b"", length=len(ROW)),
    "chunks cut": raw(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"Apt'),
    "chunk sizes that are none": raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n"),
    "gzip that is none": answer(ROW, headers=["Content-Encoding: gzip"]),
    "gzip cut": answer(gzip.compress(ROW)[:-12], headers=["Content-Encoding: gzip"]),
    "a gzip bomb": answer(gzip.compress(b" " * (LARGEST_BODY + 1)), headers=["Content-Encoding: gzip"]),
    "html": answer(b"<html>maintenance</html>", headers=["Content-Type: text/html"]),
    "an empty body": answer(b""),
    "500": answer(b"", "500 Internal Server Error"),
    "302": answer(b"", "302 Found", ["Location: http://127.0.0.2:9/"]),
}


@pytest.mark.parametrize("deed", BROKEN.values(), ids=BROKEN)
def test_a_read_recovers_from_a_broken_answer(deed: Deed) -> None:
    with Loopback(deed, answer(ROW)) as server:
        bench = Bench(server.url)

        read(bench.client)

        assert bench.outcomes == ["ehr_unavailable", "ok"]


@pytest.mark.parametrize("deed", BROKEN.values(), ids=BROKEN)
def test_a_write_with_a_broken_answer_has_an_unknown_outcome_and_is_sent_once(deed: Deed) -> None:
    with Loopback(deed, answer(ROW)) as server:
        with pytest.raises(EhrOutcomeUnknown):
            write(Bench(server.url).client)

        assert len(server.requests) == 1


@pytest.mark.parametrize(("call", "error"), [(read, EhrUnavailable), (write, EhrOutcomeUnknown)])
def test_an_answer_that_does_not_come_in_time(
    call: Callable[[OpenDentalClient], object], error: type[Exception]
) -> None:
    with Loopback() as server:
        server._deeds = [server.silent]
        with pytest.raises(error):
            call(Bench(server.url, timeouts=QUICK, deadline=71).client if call is write else _once(server.url))

        assert len(server.requests) == 1


def test_a_body_that_drips_is_given_up() -> None:
    with Loopback() as server:
        server._deeds = [server.drip]
        began = time.monotonic()

        with pytest.raises(EhrOutcomeUnknown):
            write(Bench(server.url, timeouts=QUICK, clock=RealClock()).client)

        assert time.monotonic() - began < 1


@pytest.mark.parametrize("call", [read, write])
def test_a_refused_connection_sends_nothing(call: Callable[[OpenDentalClient], object]) -> None:
    with Loopback() as server:
        url = server.url

    with pytest.raises(EhrUnreachable):
        call(Bench(url).client)


@pytest.mark.parametrize("call", [read, write])
def test_a_name_that_does_not_resolve_sends_nothing(call: Callable[[OpenDentalClient], object]) -> None:
    with pytest.raises(EhrUnreachable):
        call(Bench("http://ehr.invalid/api/v1").client)


@pytest.mark.parametrize("call", [read, write])
@pytest.mark.parametrize("base_url", ["", "ftp://127.0.0.1/api", "http://[::1/api", "127.0.0.1/api"])
def test_a_base_url_that_is_none_sends_nothing(base_url: str, call: Callable[[OpenDentalClient], object]) -> None:
    with pytest.raises(EhrUnreachable):
        call(Bench(base_url).client)


@pytest.mark.parametrize("call", [read, write])
def test_a_certificate_nobody_vouches_for_gets_no_request(
    call: Callable[[OpenDentalClient], object], self_signed: ssl.SSLContext
) -> None:
    with Loopback(answer(ROW), tls=self_signed) as server:
        with pytest.raises(EhrUnreachable) as unreachable:
            call(Bench(server.url).client)

        assert server.requests == []
        assert "TLS" in str(unreachable.value)


@pytest.mark.parametrize("call", [read, write])
def test_a_server_that_speaks_no_tls_gets_no_request(call: Callable[[OpenDentalClient], object]) -> None:
    with Loopback(*[raw(b"HTTP/1.1 400 Bad Request\r\n\r\n")] * 3) as server:
        with pytest.raises(EhrUnreachable):
            call(Bench(server.url.replace("http:", "https:"), timeouts=QUICK).client)

        assert not any(b"appointments" in request for request in server.requests)


def test_reads_keep_the_connection_and_a_write_opens_its_own() -> None:
    with Loopback(*[answer(ROW)] * 4) as server:
        client = Bench(server.url).client

        read(client)
        read(client)
        assert server.connections == 1
        write(client)
        assert server.connections == 2
        read(client)

        assert server.connections == 2


def test_a_pooled_connection_that_died_costs_a_read_nothing_but_a_retry() -> None:
    with Loopback(answer(ROW), hang_up, answer(ROW)) as server:
        client = Bench(server.url).client
        read(client)

        read(client)

        assert len(server.requests) == 3


def test_cookies_and_the_environment_do_not_reach_the_ehr(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.2:9")
    with Loopback(answer(ROW, headers=["Set-Cookie: session=1"]), answer(ROW)) as server:
        client = Bench(server.url).client

        read(client)
        read(client)

        assert all(b"ODFHIR" in request and b"Cookie" not in request for request in server.requests)


def test_query_values_are_percent_encoded_with_spaces_as_20() -> None:
    with Loopback(answer(b"[]")) as server:
        Bench(server.url).client.list_patients(last_name="O'Brien & Söhne", email="a+b@example.org")

    assert b"LName=O%27Brien%20%26%20S%C3%B6hne" in server.requests[0]
    assert b"Email=a%2Bb%40example.org" in server.requests[0]


def _once(url: str) -> OpenDentalClient:
    """A client whose deadline leaves no time for a second try."""
    return Bench(url, timeouts=QUICK, deadline=1.2).client


@pytest.fixture(scope="module")
def self_signed(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
