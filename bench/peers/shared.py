"""What both web peers check of a gate's request: the same as Jianwei's gate interface, written the way such services usually are."""
import base64
import hashlib
import json
import re
import time
from datetime import datetime, timedelta, timezone

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

SHA = re.compile(r"^[0-9a-f]{64}$")
PLATE = re.compile(r"^[\u4e00-\u9fa5][A-HJ-NP-Z][A-HJ-NP-Z0-9]{5,6}$")
VIN = re.compile(r"^[A-HJ-NPR-Z0-9]{17}$")
WEIGHTS = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2]
VALUES = {c: v for c, v in zip("ABCDEFGHJKLMNPRSTUVWXYZ", [1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9])}
VALUES.update({str(d): d for d in range(10)})


class Refused(Exception):
    def __init__(self, code, message):
        self.code, self.message = code, message


class Fixture:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            data = json.load(file)
        self.key = serialization.load_pem_public_key(data["publicKey"].encode())
        self.sites = {site["token"]: site for site in data["sites"]}
        self.vehicles = data["vehicles"]


def authenticate(fixture, headers, path, body):
    """Token, time window, signature. The nonce is the database's: it must survive a restart."""
    header = headers.get("authorization", "")
    site = fixture.sites.get(header[7:]) if header.startswith("Bearer ") else None
    if site is None:
        raise Refused("40101", "token")
    timestamp, nonce = headers.get("x-timestamp", ""), headers.get("x-nonce", "")
    if not timestamp.isdigit() or abs(int(timestamp) / 1000 - time.time()) > 300:
        raise Refused("40103", "timestamp")
    if not 16 <= len(nonce) <= 64:
        raise Refused("40102", "nonce")
    canonical = "\n".join(["POST", path, timestamp, nonce, hashlib.sha256(body).hexdigest()])
    try:
        fixture.key.verify(base64.b64decode(headers.get("x-sign", "")), canonical.encode(), padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, ValueError):
        raise Refused("40102", "signature") from None
    return site, nonce


def findings_of(record, now):
    """Every wrong field at once."""
    errors = []

    def check(field, holds):
        if not holds:
            errors.append({"field": field, "code": "format", "msg": "有误"})

    for name in ("serialNo", "gateNo", "barrierNo", "direction", "plateNo", "plateColor", "passedAt", "barrierAction", "source"):
        check(name, name in record)
    if errors:
        return errors, None
    check("serialNo", isinstance(record["serialNo"], int) and record["serialNo"] >= 0)
    check("direction", record["direction"] in ("1", "2"))
    check("plateColor", record["plateColor"] in ("0", "1", "2", "3", "4", "5", "6"))
    check("barrierAction", str(record["barrierAction"]) in ("0", "1", "2"))
    check("source", record["source"] in ("auto", "manual", "backfill"))
    for photo in ("headPhoto", "bodyPhoto", "platePhoto", "documentPhoto"):
        if record.get(photo) is not None:
            check(photo, SHA.match(record[photo]) is not None)
    if record.get("cargoTonnes") is not None:
        check("cargoTonnes", 0 <= record["cargoTonnes"] <= 1000)
    if record.get("confidence") is not None:
        check("confidence", 0 <= record["confidence"] <= 1)
    passed_at = None
    try:
        passed_at = datetime.fromisoformat(record["passedAt"])
        check("passedAt", passed_at.tzinfo is not None and passed_at <= now + timedelta(minutes=5))
    except ValueError:
        check("passedAt", False)
    return errors, passed_at


def doubts_of(record, vehicle):
    """What is doubtful and does not refuse."""
    doubts = []
    if not PLATE.match(record["plateNo"]):
        doubts.append("plateFormat")
    vin = record.get("vin")
    if vin:
        if not VIN.match(vin) or "0123456789X"[sum(VALUES[c] * w for c, w in zip(vin, WEIGHTS)) % 11] != vin[8]:
            doubts.append("vinCheckDigit")
        if vehicle is not None and vehicle["vin"] != vin:
            doubts.append("vinMismatch")
    if vehicle is not None and record.get("emissionStage") not in (None, vehicle["stage"]):
        doubts.append("stageMismatch")
    if record.get("headPhoto") is None and record.get("bodyPhoto") is None:
        doubts.append("incomplete")
    return doubts


def now():
    return datetime.now(timezone.utc)


def text(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
