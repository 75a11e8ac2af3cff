import Features
import Identity
import Kernel
import Ledgers
import Storage
import Workflows

/// B3.1.3.2 反馈复查: the unit or its chief reports what was done, the office passes it or says why not and until when.
///
/// Source: requirements/B-transport.md B3.1.3.1, B3.1.3.2.
package enum RoadTaskReview {
    package static let workflow = WorkflowDeclaration(
        id: "B3.1.3.2", name: "roadTask", title: "路长制交办任务", titleEN: "Road task", group: RoadChiefs.group, numbers: "LZ", needsSubject: true,
        form: [
            .note("requirement", "整改处理要求", length: 0...1000), .note("description", "说明", length: 0...1000), .moment("deadline", "执行期限"), .text("chiefName", "路长", length: 0...60),
            .text("chiefLogin", "路长登录名", length: 0...32),
        ], mayWithdraw: true, onCancel: ["roadTask.cancelled"],
        steps: [
            handling, review,
            .end("done", "办结"),
        ])

    private static let handling: WorkflowStep = WorkflowStep.task(
        "handling", "整改与反馈", by: [.person(field: "chiefLogin"), .ownerRole(RoadRoles.unit)],
        form: [
            .moment("handledAt", "处理时间", marks: [.required]), .text("place", "处理地点", length: 2...100, marks: [.required]),
            .text("inspectors", "巡检人员", length: 2...100, marks: [.required]), .note("result", "处理结果", length: 2...2000, marks: [.required]),
            .files("photos", "现场照片或视频", marks: [.required]), .code("lateReason", "超期原因", from: .roadLateReason).hint("超过期限时填写"),
        ], powers: [.transfer], [.on("submit", "提交反馈", to: "review", effects: ["roadTask.submitted"])]
    ).due(by: "deadline", remind: [24, 2])

    private static let review: WorkflowStep = .task(
        "review", "复查", by: [.role(RoadRoles.office)], form: [.moment("deadline", "继续整改期限", marks: [.required])], within: .workingDays(3),
        [
            .on("pass", "通过", to: "done", form: false, effects: ["roadTask.passed"]),
            .on("fail", "不通过", to: "handling", opinion: true, effects: ["roadTask.failed"]),
        ])

    static func register(on platform: Platform) {
        let (ledgers, workflows) = (platform.ledgers, platform.workflows)
        ledgers.onPrepare(of: RoadTask.ledger.name) { draft, before, _, tx in
            guard before == nil else { return }
            let keeper = try RoadRecords.keeper(ofRoad: draft.values["road"].flatMap(RoadRecords.number), tx)
            draft.org = draft.org ?? keeper.org
            if RoadRecords.isBlank(draft.values["chief"]), let chief = keeper.chief { draft.values["chief"] = .int(chief) }
        }
        ledgers.onChange(of: RoadTask.ledger.name) { change, tx in
            guard change.kind == .created, let record = change.after else { return }
            let chief = record.values["chief"]?.int
            var values: [String: JSONValue] = ["requirement": .string(record.values["requirement"]?.text ?? "")]
            if let text = record.values["description"]?.text { values["description"] = .string(text) }
            if let deadline = RoadRecords.moment(record.values["deadline"]) { values["deadline"] = .string(deadline.text) }
            if let name = try chief.flatMap({ try tx.value("SELECT name FROM road_chief WHERE id = \($0)")?.text }) { values["chiefName"] = .string(name) }
            if let login = try RoadRecords.login(ofChief: chief, tx) { values["chiefLogin"] = .string(login) }
            try RoadCases.begin(workflow, record, in: RoadTask.ledger, title: record.values["name"]?.text, values: values, by: change.by, on: workflows, in: tx)
        }
        registerEffects(ledgers, workflows, platform.clock)
    }

    private static func registerEffects(_ ledgers: LedgerEngine, _ workflows: WorkflowEngine, _ clock: Clock) {
        workflows.onEffect("roadTask.submitted") { item, principal, tx in
            guard let task = try RoadCases.record(of: item, ledgers, tx) else { return }
            let now = JSONValue.string(clock.now.text)
            var values: [String: JSONValue] = ["state": "review", "feedbackAt": now]
            if task.values["firstFeedbackAt"]?.int == nil { values["firstFeedbackAt"] = now }
            for name in ["place", "inspectors", "result", "lateReason"] { if let text = item.data[name] { values[name] = text } }
            if let at = item.data["handledAt"]?.int { values["handledAt"] = .string(Moment(milliseconds: at).text) }
            try RoadCases.write(values, to: item, ledgers, by: principal, in: tx)
        }
        workflows.onEffect("roadTask.passed") { item, principal, tx in
            try RoadCases.write(["state": "done", "closedAt": .string(clock.now.text)], to: item, ledgers, by: principal, in: tx)
        }
        workflows.onEffect("roadTask.failed") { item, principal, tx in
            guard let task = try RoadCases.record(of: item, ledgers, tx) else { return }
            var values: [String: JSONValue] = ["state": "rework", "failedTimes": .int((task.values["failedTimes"]?.int ?? 0) + 1)]
            if task.values["failedAt"]?.int == nil { values["failedAt"] = .string(clock.now.text) }
            if let until = item.data["deadline"]?.int { values["extendedTo"] = .string(Moment(milliseconds: until).text) }
            try RoadCases.write(values, to: item, ledgers, by: principal, in: tx)
        }
        workflows.onEffect("roadTask.cancelled") { item, principal, tx in
            try RoadCases.write(["state": "cancelled", "closedAt": .string(clock.now.text)], to: item, ledgers, by: principal, in: tx)
        }
    }
}
