"""PostgreSQL clusters of one's own that flush to the disk, a webhook that listens, and signed load on several nodes: what the suites of faults share."""
import glob
import http.server
import json
import os
import shutil
import signal
import subprocess
import threading
import time
from collections import Counter
from pathlib import Path

import support
from support import Gate, Key, Server, admin, passage

CODE = "91130102MA0NODE01A001P"
"""What a gate may be told while something is broken: come again, get a new token, nothing at all, or, when a kept connection broke and the request was repeated as it was, that the first one arrived."""
RETRYABLE = {"50301", "42901", "40101", "40104", "no answer"}


class Cluster:
    """A durable cluster on a socket; a standby copies another.

    `namespace` and `addresses`: the network namespace it runs in and where it listens there besides; a standby then reads from the last address of the one it copies.
    """

    def __init__(self, folder, copy_of=None, namespace=None, addresses=()):
        self.namespace, self.addresses = namespace, list(addresses)
        self.bin = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
        self.folder = Path(folder)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(mode=0o700)
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
        if copy_of:
            origin = copy_of.addresses[-1] if copy_of.addresses else copy_of.folder
            self.tool("pg_basebackup", "-R", "-d", f"host={origin} user=jianwei application_name=standby", "-X", "stream", "-c", "fast")
            # The primary's socket is in its folder.
            for path in self.folder.glob(".s.PGSQL*"):
                path.unlink()
        else:
            self.tool("initdb", "-U", "jianwei", "-A", "trust", "-E", "UTF8", "--locale=C")
        with open(self.folder / "postgresql.conf", "a", encoding="utf-8") as settings:
            settings.write(f"listen_addresses = '{','.join(self.addresses)}'\nunix_socket_directories = '{self.folder}'\nmax_wal_size = 64MB\nmin_wal_size = 32MB\nmax_connections = 150\n")
        if self.addresses:
            with open(self.folder / "pg_hba.conf", "a", encoding="utf-8") as rules:
                rules.write("host all jianwei 10.78.0.0/16 trust\nhost replication jianwei 10.78.0.0/16 trust\n")

    def base(self, folder):
        """A base backup beside the running cluster."""
        shutil.rmtree(folder, ignore_errors=True)
        Path(folder).mkdir(mode=0o700)
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        who = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        subprocess.run([*who, f"{self.bin}/pg_basebackup", "-D", str(folder), "-d", f"host={self.folder} user=jianwei", "-X", "stream", "-c", "fast"], check=True, cwd="/", stdin=subprocess.DEVNULL)

    @classmethod
    def restored(cls, folder, base, archive, moment):
        """A cluster from a base backup and an archive of the log, as it was at a moment; not started."""
        cluster = cls.__new__(cls)
        cluster.bin, cluster.folder, cluster.namespace, cluster.addresses = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1], Path(folder), None, []
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run(["cp", "-a", str(base), str(folder)], check=True)
        with open(cluster.folder / "postgresql.conf", "a", encoding="utf-8") as settings:
            settings.write(
                f"unix_socket_directories = '{folder}'\narchive_mode = off\nrestore_command = 'cp {archive}/%f %p'\nrecovery_target_time = '{moment}'\nrecovery_target_action = promote\n")
        (cluster.folder / "recovery.signal").touch()
        if os.geteuid() == 0:
            shutil.chown(cluster.folder / "recovery.signal", "postgres")
        return cluster

    @property
    def address(self):
        return f"postgres://jianwei@/postgres?host={self.folder}"

    def sql(self, text):
        return subprocess.run(["psql", "-qAt", f"host={self.folder} user=jianwei dbname=postgres", "-c", text], check=True, capture_output=True, text=True).stdout.strip()

    def tool(self, name, *arguments):
        who = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if self.namespace:
            who = ["ip", "netns", "exec", self.namespace, *who]
        return subprocess.run([*who, f"{self.bin}/{name}", "-D", str(self.folder), *arguments], check=True, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def start(self):
        """A killed one may leave a process that goes a moment later, which the next start finds in the way."""
        for attempt in range(20):
            try:
                self.tool("pg_ctl", "-w", "-t", "120", "-l", str(self.folder / "log"), "start")
                return self
            except subprocess.CalledProcessError:
                if attempt == 19:
                    raise
                time.sleep(0.5)

    def stop(self):
        self.tool("pg_ctl", "-m", "immediate", "stop")

    def runs(self):
        try:
            self.tool("pg_ctl", "status")
            return True
        except subprocess.CalledProcessError:
            return False

    def pids(self):
        """The postmaster and all it has started."""
        parent = int((self.folder / "postmaster.pid").read_text().splitlines()[0])
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True, text=True).stdout.split()
        return [parent, *map(int, children)]

    def signal(self, number):
        for pid in self.pids():
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def kill(self):
        """As a machine that loses its power: nothing is said to anybody."""
        pids = self.pids()
        self.signal(signal.SIGKILL)
        while any(Path(f"/proc/{pid}/stat").exists() and Path(f"/proc/{pid}/stat").read_text().split(") ")[-1][0] != "Z" for pid in pids):
            time.sleep(0.01)

    def promote(self):
        self.tool("pg_ctl", "-w", "promote")
        # It has no other to wait for.
        self.sql("ALTER SYSTEM RESET synchronous_standby_names")
        self.sql("SELECT pg_reload_conf()")

    def remove(self):
        try:
            self.stop()
        except subprocess.CalledProcessError:
            pass
        shutil.rmtree(self.folder, ignore_errors=True)


class Webhook:
    """Another system that hears of alarms; counts each key."""

    def __init__(self):
        heard = self.heard = Counter()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                heard[body["title"]] += 1
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def place(self, data):
        data.mkdir(parents=True, exist_ok=True)
        (data / "webhook.json").write_text(json.dumps({"url": f"http://127.0.0.1:{self.server.server_port}/alarms", "secret": "s3cret"}))


class Load:
    """Gates behind a balancer that knows nothing: each tries the next node when one does not answer, with the same passes, until they are answered."""

    def __init__(self, nodes, accreditation, key, workers, seconds=15):
        """`seconds`: how long a gate waits for an answer before it asks the next node."""
        self.nodes, self.accreditation, self.key, self.seconds = nodes, accreditation, key, seconds
        self.stopping = threading.Event()
        self.sent = [{} for _ in range(workers)]
        self.stored = [{} for _ in range(workers)]
        """Everything that was not `10000`, by node."""
        self.told = Counter()
        """Plates whose next pass is sent once by each worker."""
        self.listed = []
        """When each worker was answered last, and the node each speaks to, by turns."""
        self.answered = [time.monotonic()] * workers
        self.turns = list(range(workers))
        self.first = 1
        """The serial number that each gate begins with."""
        self.threads = [threading.Thread(target=self.work, args=(index,), daemon=True) for index in range(workers)]

    def start(self):
        for thread in self.threads:
            thread.start()
        return self

    def spread(self):
        """Every node has as many gates as the others again, and each of them is answered there."""
        self.turns[:] = range(len(self.turns))
        since = time.monotonic()
        while time.monotonic() - since < 20 and not all(moment > since + 0.2 for moment in self.answered):
            time.sleep(0.02)

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join(60)

    @property
    def total(self):
        return sum(map(len, self.stored))

    def work(self, index):
        serial, gate, offence = self.first, None, 0
        while not self.stopping.is_set():
            records = [passage(serial + step, gate=str(index + 1), plateNo=f"冀A{index}{(serial + step) % 10000:04d}") for step in range(3)]
            if offence < len(self.listed):
                records[0]["plateNo"] = self.listed[offence]
                offence += 1
            for record in records:
                self.sent[index][record["serialNo"]] = record
            while not self.stopping.is_set():
                node = self.nodes[self.turns[index] % len(self.nodes)]
                try:
                    if gate is None or gate.server is not node:
                        gate = Gate(node, self.accreditation, CODE, self.key)
                    answer = gate.passes(records, seconds=self.seconds)
                    if answer.code == "40101":
                        gate.access_token = None
                    if answer.code != "10000":
                        self.told[(answer.code, self.nodes.index(node))] += 1
                        raise ConnectionError(answer.code)
                    for record, result in zip(records, answer.data["results"]):
                        known = self.stored[index].setdefault(record["serialNo"], result["passId"])
                        if known != result["passId"]:
                            self.stored[index][record["serialNo"]] = None
                    self.answered[index] = time.monotonic()
                    break
                except RuntimeError as error:
                    # No token: the text holds the code.
                    code = next((code for code in RETRYABLE | {"40103"} if code in str(error)), str(error)[:80])
                    self.told[(code, self.nodes.index(node))] += 1
                    gate, self.turns[index] = None, self.turns[index] + 1
                    time.sleep(0.05)
                except Exception as error:  # noqa: BLE001 - a node or the database is away; that is the point
                    if not isinstance(error, ConnectionError) or not str(error).isdigit():
                        self.told[("no answer", self.nodes.index(node))] += 1
                    gate, self.turns[index] = None, self.turns[index] + 1
                    time.sleep(0.05)
            serial += 3

    def recovered(self, check, what, since=None, seconds=60):
        """Until each gate was answered again after `since`, the moment at which the fault stood; prints and returns the seconds."""
        since = since or time.monotonic()
        while time.monotonic() - since < seconds:
            if all(moment > since for moment in self.answered):
                spent = max(self.answered) - since
                break
            time.sleep(0.02)
        else:
            spent = None
        check.that(f"{what}: every gate is answered again", spent is not None, self.told)
        print(f"  {what}: every gate answered again after {spent if spent is None else round(min(self.answered) - since, 2)} s ({self.total} passes so far)", flush=True)
        return spent

    def whole(self, check, node, label):
        """Sends everything answered once more: each must be known under its number."""
        lost, other = [], []
        for index, known in enumerate(self.stored):
            known = dict(known)
            gate = Gate(node, self.accreditation, CODE, self.key)
            serials = sorted(known)
            for start in range(0, len(serials), 300):
                part = serials[start:start + 300]
                for serial, result in zip(part, gate.passes([self.sent[index][serial] for serial in part]).data["results"]):
                    if result["status"] != "duplicate":
                        lost.append((index, serial, result["status"]))
                    elif result["passId"] != known[serial]:
                        other.append((index, serial))
        check.equal(f"{label}: nothing answered is lost", lost[:10], [])
        check.equal(f"{label}: nothing is doubled", other[:10], [])

    def whole_in(self, check, database, label):
        """The same without the program: one row for each serial, and none that was never sent."""
        # Work goes on meanwhile: what was answered before the rows are read must be among them, and what they hold was sent before.
        wanted = {f"{index + 1}/{serial}" for index, known in enumerate(self.stored) for serial in dict(known)}
        rows = Counter(database.sql("SELECT gate_no || '/' || serial_no FROM gate_pass").split())
        sent = {f"{index + 1}/{serial}" for index, known in enumerate(self.sent) for serial in dict(known)}
        check.equal(f"{label}: every answered pass is a row", sorted(wanted - set(rows))[:10], [])
        check.equal(f"{label}: each once", [name for name, count in rows.items() if count > 1][:10], [])
        check.equal(f"{label}: nothing that was not sent", sorted(set(rows) - sent)[:10], [])


class Site:
    """Three nodes on a primary with a synchronous standby, one enterprise, and a webhook.

    `places` says for each node what its `Server` gets besides; `address` and `replica` are the database's where it is not spoken to by its sockets.
    """

    def __init__(self, check, folder, primary, standby, places=({}, {}, {}), gates=3, address=None, replica=None):
        self.check, self.primary, self.standby, self.webhook = check, primary, standby, Webhook()
        address = address or f"postgres://jianwei@/postgres?host={primary.folder},{standby.folder}"
        options = ["--database", address, "--shared", str(folder / "shared"), "--replica", replica or standby.address]
        self.nodes = [Server(folder / f"node{index + 1}", *options, **place) for index, place in enumerate(places)]
        self.key = Key(folder)
        for node in self.nodes:
            self.webhook.place(node.data)
        # Alarms of vehicles on the list go to the other system.
        self.nodes[0].start()
        primary.sql("INSERT INTO message_rules (kind, template, channels, is_quiet, is_on, at, by_name) VALUES ('alarm.opened', '{title}', 'webhook', 0, 1, 0, 'suite')")
        self.nodes[0].stop()
        for node in self.nodes:
            node.start()
        made = self.admin(
            "gate-client", "--enterprise", CODE, "--name", "故障演练（测试）", "--county", "130102", "--industry", "钢铁", "--grade", "B",
            "--gates", ",".join(str(number + 1) for number in range(gates)), "--public-key", self.key.public_path)
        self.accreditation = made["accreditationNo"]
        for node in self.nodes[1:]:
            self.knows(node)

    def admin(self, *arguments):
        return admin(self.nodes[0].data, *arguments, within=self.nodes[0].within)

    def knows(self, node):
        began = time.monotonic()
        while time.monotonic() - began < 10:
            try:
                return bool(Gate(node, self.accreditation, CODE, self.key).token())
            except RuntimeError:
                time.sleep(0.05)
        return self.check.that("every node knows the gates", False)

    def load(self, workers=3, seconds=15):
        return Load(self.nodes, self.accreditation, self.key, workers, seconds)

    def list_vehicles(self, load, count):
        """So many vehicles on the list of excess emissions, each of which every gate lets through once from now on."""
        plates = [f"冀A9{len(load.listed) + number:04d}" for number in range(count)]
        for plate in plates:
            self.admin("excess-list", "add", "--plate", plate, "--color", "1")
        # Passes are said to be two seconds old, and a list holds from when it was made.
        time.sleep(2.5)
        load.listed.extend(plates)

    def alarms_are_whole(self, load, database, seconds=40):
        """Every listed vehicle that was let through has its alarm, and the other system has heard of it."""
        seen = {record["plateNo"] for index, known in enumerate(load.stored) for serial in known for record in [load.sent[index][serial]] if record["plateNo"] in load.listed}
        raised = set(database.sql("SELECT DISTINCT plate FROM alarms WHERE kind = 'excessPassed'").split())
        self.check.that("listed vehicles were let through", len(seen) > 0, seen)
        self.check.equal("no alarm is lost", sorted(seen - raised), [])
        began = time.monotonic()
        while time.monotonic() - began < seconds and not all(any(plate in title for title in list(self.webhook.heard)) for plate in seen):
            time.sleep(0.2)
        missing = [plate for plate in seen if not any(plate in title for title in list(self.webhook.heard))]
        self.check.equal("the other system has heard of each alarm, at least once", sorted(missing), [])
        print(f"  {len(seen)} vehicles, {len(raised)} with an alarm, {sum(self.webhook.heard.values())} messages to the other system", flush=True)

    def told_only_to_come_again(self, load, besides=()):
        others = {told: count for told, count in load.told.items() if told[0] not in RETRYABLE and told not in besides}
        self.check.equal("gates were told nothing but to come again", others, {})
        print("  gates were told: " + ", ".join(f"{code} by node {node + 1}: {count}" for (code, node), count in sorted(load.told.items())), flush=True)
