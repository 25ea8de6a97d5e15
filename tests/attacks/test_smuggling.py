"""Two requests in the words of one, through the shipped nginx configuration to gunicorn: none is taken for two."""

import re
from collections.abc import Iterator

import pytest

from tests.factories.front import Front, front

HOST = b"Host: gateway.example\r\n"
HIDDEN = b"GET /hidden HTTP/1.1\r\n" + HOST + b"\r\n"


def post(headers: bytes, body: bytes, start: bytes = b"POST /shown HTTP/1.1\r\n") -> bytes:
    return start + HOST + headers + b"\r\n" + body


CHUNKED = b"Transfer-Encoding: chunked\r\n"
END = b"0\r\n\r\n"
SMUGGLED: dict[str, bytes] = {
    "a length and chunks": post(b"Content-Length: 4\r\n" + CHUNKED, END + HIDDEN),
    "chunks and a length": post(CHUNKED + b"Content-Length: %d\r\n" % len(END + HIDDEN), END + HIDDEN),
    "two lengths": post(b"Content-Length: 0\r\nContent-Length: %d\r\n" % len(HIDDEN), HIDDEN),
    "two equal lengths": post(b"Content-Length: 0\r\nContent-Length: 0\r\n", b"X" + HIDDEN),
    "a length with a sign": post(b"Content-Length: +0\r\n", HIDDEN),
    "a negative length": post(b"Content-Length: -1\r\n", HIDDEN),
    "a length in hexadecimal": post(b"Content-Length: 0x0\r\n", HIDDEN),
    "a list of lengths": post(b"Content-Length: 0, %d\r\n" % len(HIDDEN), HIDDEN),
    "a length beyond all numbers": post(b"Content-Length: 18446744073709551616\r\n", HIDDEN),
    "chunks by another name": post(b"Transfer-Encoding: xchunked\r\nContent-Length: 0\r\n", END + HIDDEN),
    "chunks twice": post(CHUNKED + b"Transfer-Encoding: identity\r\n", END + HIDDEN),
    "chunks in a list": post(b"Transfer-Encoding: gzip, chunked\r\n", END + HIDDEN),
    "a blank before the colon": post(b"Transfer-Encoding : chunked\r\nContent-Length: 0\r\n", END + HIDDEN),
    "a tab after the colon": post(b"Transfer-Encoding:\tchunked\r\nContent-Length: 4\r\n", END + HIDDEN),
    "a folded header": post(b"X: y\r\n Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", END + HIDDEN),
    "a bare line feed": post(b"Content-Length: 0\nX: y\r\n", HIDDEN),
    "a bare carriage return": post(b"X: a\rTransfer-Encoding: chunked\r\nContent-Length: 0\r\n", END + HIDDEN),
    "a nul in a header": post(b"X: a\x00b\r\nContent-Length: 0\r\n", HIDDEN),
    "an underscore for a dash": post(b"Content_Length: %d\r\nContent-Length: 0\r\n" % len(HIDDEN), HIDDEN),
    "a chunk whose size lies": post(CHUNKED, b"1\r\nAB\r\n" + END + HIDDEN),
    "a chunk size beyond all numbers": post(CHUNKED, b"FFFFFFFFFFFFFFFFF\r\nA\r\n" + END + HIDDEN),
    "a chunk with an extension of lines": post(CHUNKED, b"0;a=\n" + HIDDEN),
    "a trailer that is a request": post(CHUNKED, b"0\r\nGET /hidden HTTP/1.1\r\n" + HOST + b"\r\n"),
    "an upgrade to another protocol": post(b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                                           b"HTTP2-Settings: AAMAAABk\r\nContent-Length: 0\r\n", b""),
    "an old protocol": post(CHUNKED + b"Content-Length: 0\r\n", END + HIDDEN, b"POST /shown HTTP/1.0\r\n"),
    "a line break in the address": post(b"Content-Length: 0\r\n", b"", b"POST /shown%0d%0aGET HTTP/1.1\r\n"),
}  # fmt: skip


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with front(tmp_path_factory.mktemp("front")) as made:
        yield made


def statuses(heard: bytes) -> list[int]:
    return [int(found) for found in re.findall(rb"HTTP/1\.[01] (\d{3})", heard)]


@pytest.mark.parametrize("words", list(SMUGGLED))
def test_one_request_is_one(nginx: Front, words: str) -> None:
    """What follows an honest end may be a second request; then both sides must count two."""
    before = len(nginx.asked())
    heard = statuses(nginx.say(SMUGGLED[words]))
    reached = nginx.asked()[before:]
    answered = [status for status in heard if status == 200]
    assert len(reached) == len(answered), "the application was asked more than was answered"
    assert heard, "silence"
    for line in reached:
        assert line.split()[1] in {"/shown", "/hidden", "/shown\\r\\nGET"}
    if "/hidden" in " ".join(reached):
        assert len(answered) == 2, "one hid in the other"


def test_the_next_on_the_line_gets_the_answer_of_its_own(nginx: Front) -> None:
    """After each of these words, on the same connection or another, an honest request is answered as itself."""
    for words in SMUGGLED.values():
        nginx.say(words, 0.3)
        before = len(nginx.asked())
        heard = nginx.say(b"GET /next HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
        assert statuses(heard) == [200]
        assert [line.split()[1] for line in nginx.asked()[before:]] == ["/next"]


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
        (b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 9_000 + b"\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n" + HOST + b"".join(b"X%d: %s\r\n" % (n, b"a" * 900) for n in range(50)) + b"\r\n", 400),
        (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 5000000\r\n\r\n", 413),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n" + HOST + HOST + b"\r\n", 400),
        (b"GET /\x00 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    ],
)
def test_what_is_too_much_or_no_request_is_refused_at_the_door(nginx: Front, words: bytes, status: int) -> None:
    before = nginx.asked()
    assert statuses(nginx.say(words)) == [status]
    assert nginx.asked() == before


def test_many_from_one_address_are_told_to_wait(nginx: Front) -> None:
    asked = b"".join(b"GET /sign-in HTTP/1.1\r\n" + HOST + b"\r\n" for _ in range(40))
    found = statuses(nginx.say(asked, 2))
    assert found.count(200) in range(10, 20)
    assert found.count(429) == 40 - found.count(200)


def test_the_host_of_a_request_is_what_the_application_hears(nginx: Front) -> None:
    heard = nginx.say(b"GET http://other.example/shown HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
    assert statuses(heard) == [200]
    assert nginx.asked()[-1].split()[2] in {"other.example", "gateway.example"}
