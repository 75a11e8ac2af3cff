import json

import shared
from django.db import IntegrityError, transaction
from django.db.models import F
from django.http import HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from gates.models import Daily, Listing, Nonce, Pass, Photo, Vehicle

fixture = None


def answer(value, status=200):
    return HttpResponse(shared.text(value), status=status, content_type="application/json")


def store(site, record, passed_at):
    known = Pass.objects.filter(org=site["code"], gate_no=record["gateNo"], serial_no=record["serialNo"]).values_list("id", flat=True).first()
    if known:
        return {"serialNo": record["serialNo"], "status": "duplicate", "passId": known, "findings": [], "errors": []}
    row = Vehicle.objects.filter(plate=record["plateNo"], color=record["plateColor"]).first()
    listed = Listing.objects.filter(plate=record["plateNo"], color=record["plateColor"]).exists()
    vehicle = {"vin": row.vin, "stage": row.stage} if row else None
    findings = (["notFiled"] if row is None else []) + (["excessListed"] if listed else [])
    verdict = "refuse" if findings else "allow"
    findings += shared.doubts_of(record, vehicle)
    pair = None
    if record["direction"] == "2":
        pair = Pass.objects.filter(org=site["code"], plate=record["plateNo"], direction="1", pair_id=None).order_by("-passed_at").values_list("id", flat=True).first()
    photos = [photo for photo in (record.get("headPhoto"), record.get("bodyPhoto")) if photo]
    if Photo.objects.filter(sha256__in=photos).exists():
        findings.append("duplicatePhoto")
    Photo.objects.bulk_create([Photo(sha256=photo, serial_no=record["serialNo"]) for photo in photos], ignore_conflicts=True)
    item = Pass.objects.create(
        org=site["code"], gate_no=record["gateNo"], serial_no=record["serialNo"], plate=record["plateNo"], color=record["plateColor"], passed_at=int(passed_at.timestamp() * 1000), direction=record["direction"],
        barrier_no=record["barrierNo"], lane_no=record.get("laneNo"), barrier_action=str(record["barrierAction"]), source=record["source"], head_photo=record.get("headPhoto"), body_photo=record.get("bodyPhoto"),
        cargo=record.get("cargoName"), tonnes=record.get("cargoTonnes"), vin=record.get("vin"), stage=row.stage if row else record.get("emissionStage"), fuel=row.fuel if row else record.get("fuel"),
        vehicle_type=record.get("vehicleType"), verdict=verdict, findings=",".join(findings), pair_id=pair)
    if pair:
        Pass.objects.filter(id=pair).update(pair_id=item.id)
    key = {"day": passed_at.date().isoformat(), "org": site["code"], "stage": item.stage or "", "direction": item.direction}
    refused = 1 if verdict == "refuse" else 0
    if not Daily.objects.filter(**key).update(trips=F("trips") + 1, tonnes=F("tonnes") + (item.tonnes or 0), refused=F("refused") + refused):
        Daily.objects.create(**key, trips=1, tonnes=item.tonnes or 0, refused=refused)
    return {"serialNo": record["serialNo"], "status": "stored", "passId": item.id, "verdict": verdict, "findings": [{"code": f, "msg": f} for f in findings], "errors": []}


@csrf_exempt
def passes(request):
    body = request.body
    try:
        site, nonce = shared.authenticate(fixture, {name.lower(): value for name, value in request.headers.items()}, request.path, body)
        value = json.loads(body)
    except shared.Refused as refused:
        return answer({"code": refused.code, "msg": refused.message, "data": {}}, 401)
    records = value if isinstance(value, list) else [value]
    moment = shared.now()
    results = []
    try:
        with transaction.atomic():
            Nonce.objects.create(nonce=site["code"] + nonce, seen_at=int(moment.timestamp()))
            for record in records:
                errors, passed_at = shared.findings_of(record, moment)
                if not errors and record["gateNo"] not in site["gates"]:
                    errors.append({"field": "gateNo", "code": "40401", "msg": "未登记"})
                results.append({"serialNo": record.get("serialNo"), "status": "rejected", "errors": errors} if errors else store(site, record, passed_at))
    except IntegrityError:
        return answer({"code": "40104", "msg": "nonce", "data": {}}, 401)
    return answer({"code": "10000", "msg": "", "data": {"results": results}})


def healthz(request):
    return HttpResponse("ok")


def count(request):
    return answer({"passes": Pass.objects.count(), "refused": Pass.objects.filter(verdict="refuse").count()})


urlpatterns = [path("gate/v1/passes", passes), path("healthz", healthz), path("count", count)]
