"""Sends measured values to Jianwei. Standard library only; one file to copy into a data logger.

    from jianwei_points import Points
    points = Points("https://jianwei.example", "client-id", "client-secret")
    answer = points.send([("GT-101", time.time(), 12.3), ("TI-101", time.time(), 71.5)])
    for one in answer["refusals"]: print(one["code"], one["message"])

The application is registered on 系统 / 应用接入 with the grant 客户端凭据 and the scope `point.report`. Sending the same values again is harmless: they are counted as doubled.
"""
import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request


class Refused(Exception):
    """The platform's answer when it takes nothing of a request: its code, sentence, and every wrong row."""

    def __init__(self, status, problem):
        self.status, self.code, self.fields = status, problem.get("code"), problem.get("fields", [])
        super().__init__(f"{status} {self.code}: {problem.get('detail') or problem.get('title')}")


class Points:
    def __init__(self, url, client_id, client_secret, scope="point.report", timeout=30, attempts=6):
        self.url, self.client_id, self.client_secret, self.scope = url.rstrip("/"), client_id, client_secret, scope
        self.timeout, self.attempts = timeout, attempts
        self._token, self._until, self._lock = None, 0.0, threading.Lock()

    def send(self, values):
        """values: (code, seconds since 1970, number) or (code, seconds, number, quality 0, 1 or 2).

        Returns {"received", "stored", "late", "doubled", "refused", "refusals": [{"index", "code", "reason", "message"}]}.
        """
        lines = "\n".join(",".join([one[0], str(round(one[1] * 1000)), repr(float(one[2]))] + [str(part) for part in one[3:4]]) for one in values)
        return self._call("POST", "/api/v1/points/values", lines.encode(), "text/plain")

    def read(self, code, start, end, step=None):
        """Values of a point between two times of RFC 3339, or what they come to for each `step` of seconds. Needs the scope `point.read`."""
        query = {"from": start, "to": end, **({"step": step} if step else {})}
        return self._call("GET", f"/api/v1/points/{urllib.parse.quote(code, safe='')}/values?" + urllib.parse.urlencode(query))

    def _bearer(self, fresh=False):
        with self._lock:
            if fresh or not self._token or time.monotonic() > self._until:
                form = urllib.parse.urlencode({"grant_type": "client_credentials", "client_id": self.client_id, "client_secret": self.client_secret, "scope": self.scope}).encode()
                answer = self._open(urllib.request.Request(self.url + "/oauth/token", data=form, method="POST"))
                self._token, self._until = answer["access_token"], time.monotonic() + answer.get("expires_in", 600) * 0.8
            return self._token

    def _call(self, method, path, body=None, kind=None):
        for attempt in range(self.attempts):
            try:
                request = urllib.request.Request(self.url + path, method=method, data=body)
                request.add_header("Authorization", "Bearer " + self._bearer(fresh=attempt > 0))
                request.add_header("Accept", "application/json")
                if kind:
                    request.add_header("Content-Type", kind)
                return self._open(request)
            except (Refused, urllib.error.URLError, TimeoutError) as error:
                again = not isinstance(error, Refused) or error.status in (401, 429, 502, 503)
                if not again or attempt + 1 == self.attempts:
                    raise
                time.sleep(min(2 ** attempt, 20))

    def _open(self, request):
        try:
            with urllib.request.urlopen(request, timeout=self.timeout) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            try:
                problem = json.load(error)
            except ValueError:
                problem = {"title": error.reason}
            raise Refused(error.code, problem) from None
