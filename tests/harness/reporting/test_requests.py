"""Requests written down: what is run says just what was meant, however hostile the texts in it are."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from ast import literal_eval
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise
from threading import Thread

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from x402_harness.protocol.exchange import Request
from x402_harness.reporting import requests

HOSTILE = [
    "'; touch owned; '",
    "$(touch owned) `touch owned` ${HOME} !! \\",
    "@/etc/passwd",
    "\x1b[2J\x07\u202e\u2066 line\nnext\r\n\t",
    "\"\"\"\n'''\\",
    "{a,b}[1-3]",
    "-o owned",
    "",
    "ü 猫 😀",
]
ECHO = 'curl() { printf \'%s\\0\' "$@"; if [ "${@: -1}" = @- ]; then cat; fi; }\n'


def request(text: str, body: bytes | None = None) -> Request:
    return Request(
        "POST", f"https://shop.example/{text}", (("content-type", "application/json"), ("x-a", "b 'c' $d")),
        text.encode("utf-8", "surrogatepass") if body is None else body,
    )  # fmt: skip


def run_by_bash(script: str) -> list[str]:
    """What a shell hands to curl, and behind it what it is fed."""
    done = subprocess.run(["bash", "-c", ECHO + script], capture_output=True, check=True, timeout=20)
    return done.stdout.decode("latin-1").split("\0")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_shell_hands_to_curl_what_was_meant(text, tmp_path):
    meant = request(text)
    words = run_by_bash(f"cd {shlex.quote(str(tmp_path))}\n" + requests.curl([(text, meant)]))
    assert not list(tmp_path.iterdir())
    assert words[words.index("--url") + 1] == requests.safe_url(meant.url)
    assert words[words.index("--request") + 1] == "POST"
    assert [value for flag, value in pairwise(words) if flag == "--header"] == [
        "content-type: application/json", "x-a: b 'c' $d",
    ]  # fmt: skip
    body = words[-1] if "--data-binary" in words else words[words.index("--data-raw") + 1] if meant.body else ""
    assert body.encode("latin-1") == meant.body


@given(st.text(max_size=20))
@example("\x1b[31m")
def test_a_curl_script_is_one_printable_line_a_request(text):
    lines = requests.curl([(text, request(text))]).split("\n")
    assert len(lines) == 3
    assert all(line.isprintable() for line in lines)
    assert lines[0].startswith("# ")


@given(st.text(max_size=20), st.binary(max_size=20))
def test_a_python_program_holds_just_the_requests(text, body):
    meant = request(text, body)
    for program in (requests.python([(text, meant)]), requests.pytest([(text, meant)], negative=False)):
        assert program.isascii()
        literal = program[program.index("REQUESTS = ") + len("REQUESTS = ") :].split("\n}\n")[0] + "\n}"
        ((method, url, headers, sent),) = literal_eval(literal).values()
        assert (method, url, tuple(headers), sent) == ("POST", requests.safe_url(meant.url), meant.headers, body)


class Till(BaseHTTPRequestHandler):
    """Asks for payment, whatever it is asked."""

    bodies: list[bytes]

    def do_POST(self) -> None:
        """Answer 402."""
        self.bodies.append(self.rfile.read(int(self.headers.get("content-length", 0))))
        self.send_response(402)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def till() -> Iterator[HTTPServer]:
    """A server on loopback."""
    Till.bodies = []
    with HTTPServer(("127.0.0.1", 0), Till) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def sent_to(server: HTTPServer, bodies: list[bytes]) -> list[tuple[str, Request]]:
    url = f"http://127.0.0.1:{server.server_port}/gen"
    return [(f"row {number}", Request("POST", url, (), body)) for number, body in enumerate(bodies)]


def test_a_python_program_sends_the_requests(till):
    bodies = [b'{"a": 1}', b"\xff\x00'"]
    program = requests.python(sent_to(till, bodies))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines() == ["row 0 402 ''", "row 1 402 ''"]
    assert Till.bodies == bodies


def test_requests_of_listings_with_one_name_are_all_sent(till):
    named = sent_to(till, [b"1", b"2", b"3"])
    same = [(name, request) for name, (_, request) in zip(["a row 1", "a row 1 (2)", "a row 1"], named, strict=True)]
    done = subprocess.run([sys.executable, "-c", requests.python(same)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["a row 1 402 ''", "a row 1 (2) 402 ''", "a row 1 (3) 402 ''"]
    assert Till.bodies == [b"1", b"2", b"3"]


@pytest.mark.parametrize("negative", [False, True])
def test_a_test_module_runs_and_passes_against_an_endpoint_that_asks_for_payment(till, negative, tmp_path):
    module = tmp_path / "test_made.py"
    module.write_text(requests.pytest(sent_to(till, [b"{}", b"[]"]), negative=negative), encoding="ascii")
    ordered = ("-p", "no:cacheprovider", "-p", "no:randomly")
    command = [sys.executable, "-m", "pytest", "-q", *ordered, "-c", "/dev/null", str(module)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert Till.bodies == [b"{}", b"[]"]


@given(st.text(max_size=20), st.binary(max_size=20))
def test_an_archive_holds_the_requests_and_no_answers(text, body):
    (entry,) = json.loads(requests.har([(text, request(text, body))]))["log"]["entries"]
    assert entry["request"]["url"] == requests.safe_url(request(text).url)
    assert entry["request"]["bodySize"] == len(body)
    assert ("postData" in entry["request"]) == bool(body)
    assert entry["response"]["status"] == 0
