"""What the suites here share: a server of their own that always ends, the command line, a signed gate connection, counting checks.

Written from docs/interfaces/gate.md alone; nothing is taken from the example client.
"""
import atexit
import base64
import hashlib
import http.client
import io
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from datetime import datetime, timedelta, timezone
from pathlib import Path

ROOT = Path(os.environ.get("JIANWEI_ROOT", Path(__file__).resolve().parent.parent.parent))
PROGRAM = os.environ.get("JIANWEI", str(ROOT / ".build/release/jianwei"))
CHINA = timezone(timedelta(hours=8))


class Checks:
    """Counts; a failed check is printed with what was seen and does not stop the rest."""

    def __init__(self, name):
        self.name, self.passed, self.failed = name, 0, 0
        self.lock = threading.Lock()

    def that(self, what, holds, seen=None):
        with self.lock:
            if holds:
                self.passed += 1
            else:
                self.failed += 1
                print(f"FAILED {what}" + ("" if seen is None else f": {str(seen)[:600]}"), flush=True)
        return bool(holds)

    def equal(self, what, seen, wanted):
        return self.that(what, seen == wanted, f"{seen!r}, wanted {wanted!r}")

    def section(self, title):
        print(f"{self.name}: {title}", flush=True)

    def end(self):
        print(f"{self.name}: {self.passed} passed, {self.failed} failed", flush=True)
        sys.exit(1 if self.failed or not self.passed else 0)


def run(name, body):
    """A suite's main: an exception is one failure, and the summary is always the last line."""
    checks = Checks(name)
    try:
        body(checks)
    except Exception as error:  # noqa: BLE001
        import traceback
        traceback.print_exc()
        checks.that("the suite ran to its end", False, repr(error))
    finally:
        Server.end_all()
    checks.end()


def wait(what, seconds, step=0.2):
    """Asks again and again; the first answer that is something, None when the time is over."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        answer = what()
        if answer:
            return answer
        time.sleep(step)
    return None


def scratch(name):
    base = os.environ.get("JIANWEI_TMP") or tempfile.mkdtemp(prefix=f"jianwei-{name}-")
    path = Path(base) / name
    path.mkdir(parents=True, exist_ok=True)
    return path


def postgres_database():
    """The address of a fresh database on the suites' own server (scripts/postgres)."""
    server = subprocess.run([ROOT / "scripts/postgres", "start"], check=True, capture_output=True, text=True).stdout.strip().splitlines()[-1]
    name = "s" + secrets.token_hex(8)
    subprocess.run(["psql", "-q", server, "-c", f"CREATE DATABASE {name}"], check=True, capture_output=True)
    return server.replace("/postgres?", f"/{name}?")


def place(data):
    """JIANWEI_TEST_DATABASE=postgres: a new data directory gets a database on PostgreSQL."""
    data = Path(data)
    if os.environ.get("JIANWEI_TEST_DATABASE") == "postgres" and not (data / "placement").exists() and not (data / "jianwei.sqlite").exists():
        data.mkdir(parents=True, exist_ok=True)
        (data / "placement").write_text(f"database={postgres_database()}\n")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    running = []

    def __init__(self, data, *options, port=None, start_seconds=90, environment=None, host="127.0.0.1", within=(), program=None):
        """`environment`: variables that the process gets beside this one's; `within`: what its command line begins with, such as `ip netns exec NAME`, and `host` where it is then reached; `program`: another than the one under test."""
        self.data, self.options, self.start_seconds = Path(data), options, start_seconds
        self.host, self.within, self.program = host, list(within), program or PROGRAM
        self.environment = {**os.environ, **(environment or {})}
        self.port = port or free_port()
        self.process = None

    @property
    def url(self):
        return f"http://{self.host}:{self.port}"

    def start(self):
        place(self.data)
        self.log = open(f"{self.data}.log", "ab")
        began = time.monotonic()
        self.process = subprocess.Popen(
            # Through env(1): a preloaded library that looks into its process first would leave the program without its arguments.
            [*self.within, "env", self.program, "serve", "--data", str(self.data), "--listen", f"{'0.0.0.0' if self.within else self.host}:{self.port}", *self.options],
            cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT, start_new_session=True)
        Server.running.append(self)
        while time.monotonic() - began < self.start_seconds:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with {self.process.returncode}: {self.output()[-2000:]}")
            try:
                connection = http.client.HTTPConnection(self.host, self.port, timeout=2)
                connection.request("GET", "/healthz")
                if connection.getresponse().status == 200:
                    self.started_in = time.monotonic() - began
                    return self
            except OSError:
                pass
            finally:
                connection.close()
            time.sleep(0.05)
        raise RuntimeError(f"the server was not ready in {self.start_seconds} s: {self.output()[-2000:]}")

    def output(self):
        return Path(f"{self.data}.log").read_text(errors="replace")

    def stop(self, seconds=20):
        """Politely, then not."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()
        if self in Server.running:
            Server.running.remove(self)
        return self.process.returncode if self.process else None

    def kill(self):
        if self.process and self.process.poll() is None:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.process.wait(20)
        if self in Server.running:
            Server.running.remove(self)

    @classmethod
    def end_all(cls):
        for server in list(cls.running):
            server.kill()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()


atexit.register(Server.end_all)


def command(*arguments, seconds=60, within=()):
    """Runs the program; (status, output, errors)."""
    done = subprocess.run([*within, PROGRAM, *map(str, arguments)], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds)
    return done.returncode, done.stdout, done.stderr


def admin(data, *arguments, seconds=60, within=()):
    """`jianwei admin …`: its JSON line, or RuntimeError with the reason."""
    place(data)
    status, output, errors = command("admin", *arguments, "--data", data, seconds=seconds, within=within)
    if status != 0:
        raise RuntimeError(f"admin {' '.join(map(str, arguments))} ended with {status}: {errors or output}")
    return json.loads(output.strip().splitlines()[-1])


def first_password(server, login):
    """The one-time password that the first start printed."""
    for line in server.output().splitlines():
        words = line.split()
        if "用户名" in words and words[words.index("用户名") + 1] == login and "密码" in words:
            return words[words.index("密码") + 1]
    raise RuntimeError(f"no password was printed for {login}")


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body
        try:
            self.json = json.loads(body)
        except ValueError:
            self.json = {}
        self.code = self.json.get("code") if isinstance(self.json, dict) else None
        self.data = self.json.get("data") if isinstance(self.json, dict) else None

    def __repr__(self):
        return f"{self.status} {self.body[:500]!r}"


class Key:
    def __init__(self, folder, name="key"):
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import rsa
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.public_path = Path(folder) / f"{name}.pem"
        self.public_path.write_bytes(self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))

    def sign(self, text):
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding
        return base64.b64encode(self.private.sign(text, padding.PKCS1v15(), hashes.SHA256())).decode()


class Gate:
    """One gate system's connection; one thread each."""

    def __init__(self, server, accreditation, enterprise, key):
        self.server, self.accreditation, self.enterprise, self.key = server, accreditation, enterprise, key
        self.access_token = None
        self.connection = None

    def headers(self, method, path, body, timestamp=None, nonce=None, key=None, sign_type="RSA2"):
        timestamp = str(timestamp if timestamp is not None else int(time.time() * 1000))
        nonce = nonce or secrets.token_hex(16)
        text = "\n".join([method, path, timestamp, nonce, hashlib.sha256(body).hexdigest()]).encode()
        return {"X-Timestamp": timestamp, "X-Nonce": nonce, "X-Sign-Type": sign_type, "X-Sign": (key or self.key).sign(text)}

    def request(self, method, path, body=b"", headers=None, seconds=60):
        for attempt in (1, 2):
            fresh = self.connection is None
            try:
                if fresh:
                    self.connection = http.client.HTTPConnection(self.server.host, self.server.port, timeout=seconds)
                elif self.connection.sock:
                    self.connection.sock.settimeout(seconds)
                self.connection.request(method, path, body=body if method != "GET" else None, headers=headers or {})
                response = self.connection.getresponse()
                return Answer(response.status, dict(response.getheaders()), response.read())
            except TimeoutError:
                # It waited its time; who asks decides whether to ask elsewhere.
                self.connection.close()
                self.connection = None
                raise
            except (http.client.HTTPException, OSError):
                self.connection.close()
                self.connection = None
                # A kept connection may have been closed meanwhile; a fresh one that fails is a failure.
                if fresh or attempt == 2:
                    raise

    def call(self, method, path, value=None, body=None, token=True, type="application/json; charset=utf-8", seconds=60, **signing):
        body = body if body is not None else json.dumps(value, ensure_ascii=False).encode() if value is not None else b""
        headers = {"Content-Type": type, **self.headers(method, path, body, **signing)}
        if token:
            headers["Authorization"] = f"Bearer {self.token()}"
        return self.request(method, path, body, headers, seconds)

    def get(self, path, token=True, seconds=60, **query):
        path += "?" + urllib.parse.urlencode(query) if query else ""
        return self.request("GET", path, headers={"Authorization": f"Bearer {self.token()}"} if token else {}, seconds=seconds)

    def token(self):
        if not self.access_token:
            answer = self.call("POST", "/gate/v1/token", {"accreditationNo": self.accreditation, "enterpriseCode": self.enterprise}, token=False, seconds=15)
            if answer.code != "10000":
                raise RuntimeError(f"no token: {answer}")
            self.access_token = answer.data["accessToken"]
        return self.access_token

    def photo(self, picture, name=None):
        name = name or hashlib.sha256(picture).hexdigest()
        return self.call("PUT", f"/gate/v1/photos/{name}", body=picture, type="image/jpeg")

    def passes(self, value, **more):
        return self.call("POST", "/gate/v1/passes", value, **more)

    def close(self):
        if self.connection:
            self.connection.close()
            self.connection = None


def connection():
    """What every application says of its other end."""
    return {"peer": "联调单位 · 王工（测试）", "validUntil": str(datetime.now(CHINA).date() + timedelta(days=30))}


def moment(seconds=0.0):
    return (datetime.now(CHINA) + timedelta(seconds=seconds)).isoformat(timespec="milliseconds")


def picture(text, width=320, height=180, kind="JPEG"):
    """A small picture that no other text makes."""
    from PIL import Image, ImageDraw
    shade = hashlib.sha256(text.encode()).digest()
    image = Image.new("RGB", (width, height), (shade[0], shade[1], shade[2]))
    draw = ImageDraw.Draw(image)
    for index in range(12):
        draw.rectangle((index * 24, shade[index] // 2, index * 24 + 16, 140), fill=(shade[index + 3], shade[index + 7], shade[index + 11]))
    draw.text((8, height - 20), text[:48], fill="white")
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


def passage(serial, gate="1", plate="冀A10001", color="1", direction="1", **more):
    record = {
        "serialNo": serial, "gateNo": gate, "barrierNo": "001" if direction == "1" else "002", "direction": direction, "plateNo": plate, "plateColor": color, "passedAt": moment(-2),
        "barrierAction": "2", "source": "auto",
    }
    record.update(more)
    return {name: value for name, value in record.items() if value is not ...}


class Person:
    """Somebody signed in over HTTP, without a browser."""

    def __init__(self, server, login):
        self.server, self.login = server, login
        self.cookie = None

    def sign_in(self, password, new_password="Jianwei-Suite-2026!"):
        """Signs in and chooses a new password where that is asked for."""
        status, headers, _ = self.request("POST", "/login", {"login": self.login, "password": password})
        self._take(headers)
        if not self.cookie:
            raise RuntimeError(f"{self.login} could not sign in: {status}")
        if headers.get("Location") == "/account/password":
            status, headers, body = self.request("POST", "/account/password", {"current": password, "password": new_password, "again": new_password})
            self._take(headers)
            if status not in (302, 303):
                raise RuntimeError(f"{self.login} could not change the password: {status} {body[:500]!r}")
        return self

    def csrf(self):
        """What the site's own pages send with every change."""
        _, _, page = self.request("GET", "/account/password")
        return re.search(rb'name="csrf" content="([0-9a-zA-Z_-]+)"', page)[1].decode()

    def _take(self, headers):
        for name, value in headers.items():
            if name.lower() == "set-cookie" and value.startswith("jw_session="):
                self.cookie = value.split(";")[0].split("=", 1)[1]

    def request(self, method, path, form=None, seconds=30, headers=None):
        connection = http.client.HTTPConnection(self.server.host, self.server.port, timeout=seconds)
        headers, body = dict(headers or {}), None
        if form is not None:
            if self.cookie:
                form = {**form, "_csrf": self.csrf()}
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = urllib.parse.urlencode(form)
        if self.cookie:
            headers["Cookie"] = f"jw_session={self.cookie}"
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            # Of several cookies the session's is the one that is looked for.
            seen = dict(response.getheaders())
            for name, value in response.getheaders():
                if name.lower() == "set-cookie" and value.startswith("jw_session="):
                    seen[name] = value
            return response.status, seen, response.read()
        finally:
            connection.close()
