"""The gate's passes with FastAPI, SQLAlchemy and SQLite: two worker processes, or one that writes in turn; every request one durable transaction."""
import argparse
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import shared  # noqa: E402
from sqlalchemy import Column, Float, Index, Integer, String, create_engine, event, func, select, text, update  # noqa: E402
from sqlalchemy.dialects.sqlite import insert  # noqa: E402
from sqlalchemy.exc import IntegrityError  # noqa: E402
from sqlalchemy.orm import Session, declarative_base  # noqa: E402

Base = declarative_base()


class Vehicle(Base):
    __tablename__ = "vehicle"
    id = Column(Integer, primary_key=True)
    plate, color, vin, stage, fuel = Column(String), Column(String), Column(String), Column(String), Column(String)
    __table_args__ = (Index("by_plate", "plate", "color"),)


class Listing(Base):
    __tablename__ = "listing"
    id = Column(Integer, primary_key=True)
    plate, color = Column(String), Column(String)
    __table_args__ = (Index("listing_by_plate", "plate", "color"),)


class Nonce(Base):
    __tablename__ = "nonce"
    nonce = Column(String, primary_key=True)
    seen_at = Column(Integer)


class Photo(Base):
    __tablename__ = "photo"
    sha256 = Column(String, primary_key=True)
    serial_no = Column(Integer)


class Daily(Base):
    __tablename__ = "daily"
    day, org, stage, direction = Column(String, primary_key=True), Column(String, primary_key=True), Column(String, primary_key=True), Column(String, primary_key=True)
    trips, tonnes, refused = Column(Integer), Column(Float), Column(Integer)


class Pass(Base):
    __tablename__ = "pass"
    id = Column(Integer, primary_key=True)
    org, gate_no, serial_no = Column(String), Column(String), Column(Integer)
    plate, color, passed_at, direction = Column(String), Column(String), Column(Integer), Column(String)
    barrier_no, lane_no, barrier_action, source = Column(String), Column(String), Column(String), Column(String)
    head_photo, body_photo, cargo, tonnes = Column(String), Column(String), Column(String), Column(Float)
    vin, stage, fuel, vehicle_type = Column(String), Column(String), Column(String), Column(String)
    verdict, findings, pair_id = Column(String), Column(String), Column(Integer)
    __table_args__ = (Index("by_serial", "org", "gate_no", "serial_no", unique=True), Index("by_plate_time", "plate", "passed_at"), Index("by_org_time", "org", "passed_at"), Index("by_time", "passed_at"))


def connect(folder):
    engine = create_engine(f"sqlite:///{folder}/peer.sqlite", connect_args={"timeout": 60, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def settings(connection, _):
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-65536"):
            connection.execute("PRAGMA " + pragma)

    @event.listens_for(engine, "begin")
    def begin(connection):
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def prepare(fixture, folder):
    engine = connect(folder)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.execute(insert(Vehicle), [{k: v[k] for k in ("plate", "color", "vin", "stage", "fuel")} for v in fixture.vehicles if v["filed"]])
        session.execute(insert(Listing), [{"plate": v["plate"], "color": v["color"]} for v in fixture.vehicles if v["listed"]])
        session.commit()


def store(session, site, record, passed_at):
    known = session.execute(select(Pass.id).where(Pass.org == site["code"], Pass.gate_no == record["gateNo"], Pass.serial_no == record["serialNo"])).first()
    if known:
        return {"serialNo": record["serialNo"], "status": "duplicate", "passId": known[0], "findings": [], "errors": []}
    row = session.execute(select(Vehicle).where(Vehicle.plate == record["plateNo"], Vehicle.color == record["plateColor"])).scalars().first()
    listed = session.execute(select(Listing.id).where(Listing.plate == record["plateNo"], Listing.color == record["plateColor"])).first()
    vehicle = {"vin": row.vin, "stage": row.stage} if row else None
    findings = (["notFiled"] if row is None else []) + (["excessListed"] if listed else [])
    verdict = "refuse" if findings else "allow"
    findings += shared.doubts_of(record, vehicle)
    pair = None
    if record["direction"] == "2":
        pair = session.execute(select(Pass.id).where(Pass.org == site["code"], Pass.plate == record["plateNo"], Pass.direction == "1", Pass.pair_id.is_(None)).order_by(Pass.passed_at.desc()).limit(1)).scalar()
    for photo in (record.get("headPhoto"), record.get("bodyPhoto")):
        if photo and session.execute(insert(Photo).values(sha256=photo, serial_no=record["serialNo"]).on_conflict_do_nothing()).rowcount == 0:
            findings.append("duplicatePhoto")
    item = Pass(
        org=site["code"], gate_no=record["gateNo"], serial_no=record["serialNo"], plate=record["plateNo"], color=record["plateColor"], passed_at=int(passed_at.timestamp() * 1000), direction=record["direction"],
        barrier_no=record["barrierNo"], lane_no=record.get("laneNo"), barrier_action=str(record["barrierAction"]), source=record["source"], head_photo=record.get("headPhoto"), body_photo=record.get("bodyPhoto"),
        cargo=record.get("cargoName"), tonnes=record.get("cargoTonnes"), vin=record.get("vin"), stage=row.stage if row else record.get("emissionStage"), fuel=row.fuel if row else record.get("fuel"),
        vehicle_type=record.get("vehicleType"), verdict=verdict, findings=",".join(findings), pair_id=pair)
    session.add(item)
    session.flush()
    if pair:
        session.execute(update(Pass).where(Pass.id == pair).values(pair_id=item.id))
    key = {"day": passed_at.date().isoformat(), "org": site["code"], "stage": item.stage or "", "direction": item.direction}
    refused = 1 if verdict == "refuse" else 0
    daily = insert(Daily).values(**key, trips=1, tonnes=item.tonnes or 0, refused=refused)
    session.execute(daily.on_conflict_do_update(index_elements=list(key), set_={"trips": Daily.trips + 1, "tonnes": Daily.tonnes + daily.excluded.tonnes, "refused": Daily.refused + daily.excluded.refused}))
    return {"serialNo": record["serialNo"], "status": "stored", "passId": item.id, "verdict": verdict, "findings": [{"code": f, "msg": f} for f in findings], "errors": []}


def make():
    from fastapi import FastAPI, Request, Response
    from starlette.concurrency import run_in_threadpool

    import contextlib
    import json
    import threading

    # One process: its threads take turns here instead of waking each other at the database's lock.
    turn = threading.Lock() if os.environ["PEER_WORKERS"] == "1" else contextlib.nullcontext()
    fixture = shared.Fixture(os.environ["PEER_FIXTURE"])
    engine = connect(os.environ["PEER_DATA"])
    app = FastAPI()

    def work(headers, path, body):
        try:
            site, nonce = shared.authenticate(fixture, headers, path, body)
            value = json.loads(body)
        except shared.Refused as refused:
            return 401, {"code": refused.code, "msg": refused.message, "data": {}}
        records = value if isinstance(value, list) else [value]
        moment = shared.now()
        results = []
        with turn, Session(engine) as session:
            try:
                session.execute(insert(Nonce).values(nonce=site["code"] + nonce, seen_at=int(moment.timestamp())))
            except IntegrityError:
                return 401, {"code": "40104", "msg": "nonce", "data": {}}
            for record in records:
                errors, passed_at = shared.findings_of(record, moment)
                if not errors and record["gateNo"] not in site["gates"]:
                    errors.append({"field": "gateNo", "code": "40401", "msg": "未登记"})
                results.append({"serialNo": record.get("serialNo"), "status": "rejected", "errors": errors} if errors else store(session, site, record, passed_at))
            session.commit()
        return 200, {"code": "10000", "msg": "", "data": {"results": results}}

    @app.post("/gate/v1/passes")
    async def passes(request: Request):
        body = await request.body()
        status, answer = await run_in_threadpool(work, request.headers, request.url.path, body)
        return Response(shared.text(answer), status_code=status, media_type="application/json")

    @app.get("/healthz")
    async def healthz():
        return "ok"

    @app.get("/count")
    def count():
        with Session(engine) as session:
            total = session.execute(select(func.count(Pass.id))).scalar()
            refused = session.execute(select(func.count(Pass.id)).where(Pass.verdict == "refuse")).scalar()
        return {"passes": total, "refused": refused}

    return app


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int)
    parser.add_argument("--fixture")
    parser.add_argument("--data")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    prepare(shared.Fixture(options.fixture), options.data)
    os.environ.update(PEER_FIXTURE=options.fixture, PEER_DATA=options.data, PEER_WORKERS=str(options.workers))
    import uvicorn

    uvicorn.run("serve:make", factory=True, host="127.0.0.1", port=options.port, workers=options.workers, loop="uvloop", http="httptools", access_log=False, timeout_keep_alive=60, log_level="warning", app_dir=os.path.dirname(os.path.abspath(__file__)))
