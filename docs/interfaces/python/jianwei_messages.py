"""Posts messages through Jianwei's message centre. Standard library only; one file to copy into an application.

    from jianwei_messages import Jianwei
    jianwei = Jianwei("https://jianwei.example", "client-id", "client-secret")
    sent = jianwei.post("设备巡检", "3号泵房今天 17:00 前完成点检", to={"logins": ["gaocheng"]}, key="inspection-20261121-3")
    print(jianwei.receipts(sent["id"]))

The application is registered on 系统 / 应用接入 with the grant 客户端凭据 and the scope `message.post`.
"""
import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request


class Refused(Exception):
    """The platform's answer when it does not take a message: its code, sentence, and every wrong field."""

    def __init__(self, status, problem):
        self.status, self.code, self.fields = status, problem.get("code"), problem.get("fields", [])
        super().__init__(f"{status} {self.code}: {problem.get('detail') or problem.get('title')}" + "".join(f"; {one.get('field')} {one.get('message')}" for one in self.fields))


class Jianwei:
    def __init__(self, url, client_id, client_secret, scope="message.post", timeout=10, attempts=4):
        self.url, self.client_id, self.client_secret, self.scope = url.rstrip("/"), client_id, client_secret, scope
        self.timeout, self.attempts = timeout, attempts
        self._token, self._until, self._lock = None, 0.0, threading.Lock()

    def post(self, title, text, to, grade="info", path=None, key=None):
        """Says something to people.

        to: any of logins, roles, organisations (codes), groups (ids); each narrows the others.
        grade: info, notice or urgent. path: a page of the platform. key: your own word; the same key again is the same message, so a repeat after a broken line is harmless.
        Returns {"id", "receivers", "isRepeat"}.
        """
        body = {"title": title, "text": text, "grade": grade, "to": to}
        if path:
            body["path"] = path
        if key:
            body["key"] = key
        # Without a key a repeat would be said twice, so it is tried once.
        return self._call("POST", "/api/v1/messages", body, attempts=self.attempts if key else 1)

    def receipts(self, message):
        """How many received and read a message that this application sent, and what became of its deliveries."""
        return self._call("GET", f"/api/v1/messages/{message}/receipts")

    def sent(self, before=None):
        """What this application sent, newest first, fifty at a time."""
        return self._call("GET", "/api/v1/messages/sent" + (f"?before={before}" if before else ""))["items"]

    def groups(self):
        """The groups that this application keeps."""
        return self._call("GET", "/api/v1/notice-groups")["items"]

    def keep_group(self, title, logins, group=None):
        """Makes a group, or gives one a new title and members; its id, for `to={"groups": [id]}`."""
        path = "/api/v1/notice-groups" + (f"/{group}" if group else "")
        return self._call("PUT" if group else "POST", path, {"title": title, "logins": list(logins)}, attempts=self.attempts if group else 1)["id"]

    def drop_group(self, group):
        """Only one's own."""
        self._call("DELETE", f"/api/v1/notice-groups/{group}")

    def _bearer(self, fresh=False):
        with self._lock:
            if fresh or not self._token or time.monotonic() > self._until:
                form = urllib.parse.urlencode({"grant_type": "client_credentials", "client_id": self.client_id, "client_secret": self.client_secret, "scope": self.scope}).encode()
                answer = self._send(urllib.request.Request(self.url + "/oauth/token", data=form, method="POST"))
                self._token, self._until = answer["access_token"], time.monotonic() + answer.get("expires_in", 600) * 0.8
            return self._token

    def _call(self, method, path, body=None, attempts=None):
        attempts = attempts or self.attempts
        for attempt in range(attempts):
            try:
                request = urllib.request.Request(self.url + path, method=method, data=None if body is None else json.dumps(body).encode())
                request.add_header("Authorization", "Bearer " + self._bearer(fresh=attempt > 0))
                request.add_header("Accept", "application/json")
                if body is not None:
                    request.add_header("Content-Type", "application/json")
                return self._send(request)
            except (Refused, urllib.error.URLError, TimeoutError) as error:
                again = not isinstance(error, Refused) or error.status in (401, 429, 502, 503)
                if not again or attempt + 1 == attempts:
                    raise
                time.sleep(min(2 ** attempt, 10))

    def _send(self, request):
        try:
            with urllib.request.urlopen(request, timeout=self.timeout) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            try:
                problem = json.load(error)
            except ValueError:
                problem = {"title": error.reason}
            raise Refused(error.code, problem) from None
