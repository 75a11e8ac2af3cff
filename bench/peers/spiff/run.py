"""The bench's two-step process (审核 → 归档 or 办结) on SpiffWorkflow, each case started and decided once, its state written to SQLite in a transaction per act, WAL, synchronous=FULL.

    run.py CASES FOLDER     prints {"perSecond": …} of acts, a start and a decision being one each
"""
import json
import sqlite3
import sys
import time
from pathlib import Path

from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

PROCESS = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="d" targetNamespace="http://bpmn.io/schema/bpmn">
  <bpmn:process id="bench" isExecutable="true">
    <bpmn:startEvent id="start"><bpmn:outgoing>a</bpmn:outgoing></bpmn:startEvent>
    <bpmn:sequenceFlow id="a" sourceRef="start" targetRef="review"/>
    <bpmn:manualTask id="review" name="审核"><bpmn:incoming>a</bpmn:incoming><bpmn:outgoing>b</bpmn:outgoing></bpmn:manualTask>
    <bpmn:sequenceFlow id="b" sourceRef="review" targetRef="choice"/>
    <bpmn:exclusiveGateway id="choice" default="d2"><bpmn:incoming>b</bpmn:incoming><bpmn:outgoing>c</bpmn:outgoing><bpmn:outgoing>d2</bpmn:outgoing></bpmn:exclusiveGateway>
    <bpmn:sequenceFlow id="c" sourceRef="choice" targetRef="file"><bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">verdict == "approve"</bpmn:conditionExpression></bpmn:sequenceFlow>
    <bpmn:sequenceFlow id="d2" sourceRef="choice" targetRef="closed"/>
    <bpmn:manualTask id="file" name="归档"><bpmn:incoming>c</bpmn:incoming><bpmn:outgoing>e</bpmn:outgoing></bpmn:manualTask>
    <bpmn:sequenceFlow id="e" sourceRef="file" targetRef="closed"/>
    <bpmn:endEvent id="closed"><bpmn:incoming>d2</bpmn:incoming><bpmn:incoming>e</bpmn:incoming></bpmn:endEvent>
  </bpmn:process>
</bpmn:definitions>
"""


def main():
    cases, folder = int(sys.argv[1]), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "bench.bpmn"
    path.write_text(PROCESS, encoding="utf-8")
    parser = BpmnParser()
    parser.add_bpmn_file(str(path))
    spec = parser.get_spec("bench")
    serializer = BpmnWorkflowSerializer()
    database = sqlite3.connect(folder / "spiff.sqlite", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE cases (id INTEGER PRIMARY KEY, state TEXT NOT NULL, body TEXT NOT NULL)")

    def keep(number, workflow):
        database.execute("BEGIN IMMEDIATE")
        database.execute(
            "INSERT INTO cases (id, state, body) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET state = excluded.state, body = excluded.body",
            (number, "ended" if workflow.is_completed() else "running", serializer.serialize_json(workflow)))
        database.execute("COMMIT")

    began = time.perf_counter()
    for number in range(cases):
        workflow = BpmnWorkflow(spec)
        workflow.data["matter"] = f"测试 {number}"
        workflow.do_engine_steps()
        keep(number, workflow)
        # Another request: read what was kept, decide, keep.
        workflow = serializer.deserialize_json(database.execute("SELECT body FROM cases WHERE id = ?", (number,)).fetchone()[0])
        task = workflow.get_tasks(state=TaskState.READY, manual=True)[0]
        task.data["verdict"] = "refuse"
        task.run()
        workflow.do_engine_steps()
        keep(number, workflow)
    seconds = time.perf_counter() - began
    ended = database.execute("SELECT COUNT(*) FROM cases WHERE state = 'ended'").fetchone()[0]
    if ended != cases:
        raise SystemExit(f"{ended} of {cases} cases ended")
    print(json.dumps({"perSecond": round(cases * 2 / seconds, 1), "cases": cases}))


main()
