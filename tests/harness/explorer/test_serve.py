"""``testbuy serve`` as a process: what it prints, that it answers, and that it ends."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def serving(root: Path, *arguments: object, **environment: str) -> Iterator[tuple[subprocess.Popen[str], dict]]:
    """The process and what it said first."""
    command = [sys.executable, "-m", "x402_harness", "serve", "--port", "0", "--format", "json", *map(str, arguments)]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=root, env={**os.environ, **environment}, **streams) as process:
        try:
            lines = [process.stdout.readline()]
            while not lines[-1].startswith("}"):
                assert lines[-1], process.stderr.read()
                lines.append(process.stdout.readline())
            yield process, json.loads("".join(lines))
        finally:
            process.kill()


def got(url: str, path: str, **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=20)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_a_folder_of_listings_is_served_until_it_is_told_to_stop(root):
    with serving(root, "--db", "listings") as (process, said):
        bearer = {"authorization": f"Bearer {said['token']}"}
        assert said["url"].startswith("http://127.0.0.1:")
        assert got(said["url"], "/")[0] == 403
        status, body = got(said["url"], "/index.json?limit=1", **bearer)
        assert status == 200
        assert json.loads(body)["summary"]["matched"] == 17
        assert got(said["url"], "/", host="evil.example", **bearer)[0] == 421
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_only_this_machine_can_reach_it(root):
    with serving(root, "--catalogue", "listings") as (_, said):
        port = int(said["url"].rpartition(":")[2])
        others = {one[4][0] for one in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
        for address in {"127.0.0.2", *others} - {"127.0.0.1"}:
            with socket.socket() as knock:
                knock.settimeout(2)
                assert knock.connect_ex((address, port)) != 0


def test_the_browser_is_handed_a_ticket_and_never_the_token(root, tmp_path):
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/seen.part && mv {tmp_path}/seen.part {tmp_path}/seen\n')
    browser.chmod(0o755)
    with serving(root, "--db", "listings", "--open", BROWSER=f"{browser} %s") as (process, said):
        waiting = threading.Event()
        while not (tmp_path / "seen").exists():
            waiting.wait(0.05)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
    address = (tmp_path / "seen").read_text().strip()
    assert address.startswith(f"{said['url']}/?token=")
    assert said["token"] not in address


def test_what_cannot_be_served_is_a_usage_error(testbuy, tmp_path):
    (tmp_path / "bad.db").write_bytes(b"SQLite format 3\x00" + b"\x99" * 5000)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        busy = testbuy("serve", "--db", "listings", "--port", taken.getsockname()[1])
    assert busy.returncode == 2
    assert "--port takes another one" in busy.stderr
    assert testbuy("serve", "--db", tmp_path / "bad.db").returncode == 2
    assert testbuy("serve", "--db", tmp_path / "none").returncode == 2
