import Features
import Identity
import Kernel
import Ledgers
import Storage
import Workflows

/// B3.1.3.4 申诉: one row is one objection of a unit to what will cost it points: an overdue task, a review not passed, an emergency reported late.
///
/// Source: requirements/B-transport.md B3.1.3.4.
package enum RoadAppeal {
    package static let ledger = LedgerDeclaration(
        id: "B3.1.3.4", name: "roadAppeal", title: "申诉", titleEN: "Appeals", group: RoadChiefs.group, ownedBy: .enterprise, owners: RoadChiefs.owners, titleField: "name",
        fields: [
            .text("name", "申诉名称", length: 2...80, marks: [.required, .searchable]).section("申诉"),
            .code("about", "申诉事由", from: .roadAppealKind, marks: [.required, .filterable, .groupable]).section("申诉"),
            .reference("task", "交办任务", to: "roadTask", marks: [.filterable]).section("申诉").hint("对任务超期或复查未通过申诉时选择"),
            .reference("emergency", "应急问题", to: "roadEmergency", marks: [.filterable]).section("申诉").hint("对应急上报超时申诉时选择"),
            .note("reason", "申诉理由", length: 5...2000, marks: [.required]).section("申诉"), .files("evidence", "证明材料").section("申诉"),
            .text("number", "申诉编号", length: 1...40, marks: [.readOnly, .searchable]).section("复核"),
            .text("appellant", "申诉人", length: 0...60, marks: [.readOnly, .searchable]).section("复核"),
            .code("state", "状态", from: .roadReportState, marks: [.readOnly, .filterable, .groupable]).section("复核").fallback("review"),
            .moment("decidedAt", "复核时间", marks: [.readOnly, .sortable]).section("复核"),
        ])
}

/// B3.1.3.4 申诉处理: passed, the deduction falls away; not passed, the reason is said.
package enum RoadAppealReview {
    package static let workflow = WorkflowDeclaration(
        id: "B3.1.3.4", name: "roadAppeal", title: "路长制申诉", titleEN: "Road appeal", group: RoadChiefs.group, numbers: "LS", needsSubject: true,
        form: [.text("matter", "申诉事项", length: 0...200), .note("reason", "申诉理由", length: 0...2000)], onCancel: ["roadAppeal.cancelled"],
        steps: [
            .task(
                "review", "申诉复核", by: [.role(RoadRoles.office)], within: .workingDays(5),
                [
                    .on("pass", "通过，免予扣分", to: "passed", effects: ["roadAppeal.passed"]), .on("fail", "不通过", to: "refused", opinion: true, effects: ["roadAppeal.failed"]),
                ]), .end("passed", "申诉通过"), .end("refused", "申诉未通过"),
        ])

    static func register(on platform: Platform) {
        let (ledgers, workflows, clock) = (platform.ledgers, platform.workflows, platform.clock)
        RoadCases.settle(RoadAppeal.ledger, ledgers)
        ledgers.onPrepare(of: RoadAppeal.ledger.name) { draft, before, principal, tx in
            guard before == nil else { return }
            draft.values["appellant"] = .string(principal.name)
            let about = draft.values["about"]?.string ?? ""
            let field = about == "lateReport" ? "emergency" : "task"
            guard let id = draft.values[field].flatMap(RoadRecords.number) else {
                if about.isEmpty { return }
                throw Failure.invalid([FieldFinding(field, "required", "请选择所申诉的\(field == "task" ? "任务" : "应急问题")", title: field == "task" ? "交办任务" : "应急问题")])
            }
            // One of the two: what it is not about is left out.
            draft.values[field == "task" ? "emergency" : "task"] = nil
            draft.org = try ground(about, field, id, by: principal, clock.now, tx) ?? draft.org
        }
        ledgers.onChange(of: RoadAppeal.ledger.name) { change, tx in
            guard change.kind == .created, let record = change.after else { return }
            var values: [String: JSONValue] = ["reason": .string(record.values["reason"]?.text ?? "")]
            let matter =
                try record.values["task"]?.int.flatMap { try tx.first("SELECT number, name FROM road_task WHERE id = \($0)") }
                ?? record.values["emergency"]?.int.flatMap { try tx.first("SELECT number, name FROM road_emergency WHERE id = \($0)") }
            if let matter { values["matter"] = .string("\(matter.text("number") ?? "") \(matter.text("name") ?? "")") }
            try RoadCases.begin(workflow, record, in: RoadAppeal.ledger, title: record.values["name"]?.text, values: values, by: change.by, on: workflows, in: tx)
        }
        workflows.onEffect("roadAppeal.passed") { item, principal, tx in
            guard let appeal = try RoadCases.record(of: item, ledgers, tx) else { return }
            try RoadCases.write(["state": "done", "decidedAt": .string(clock.now.text)], to: item, ledgers, by: principal, in: tx)
            let by = Principal.system(principal.name)
            switch (appeal.values["about"]?.text, appeal.values["task"]?.int, appeal.values["emergency"]?.int) {
            case ("overdue", let task?, _): _ = try ledgers.update(RoadTask.ledger.name, id: task, Draft(["overdueWaived": true]), by: by, in: tx)
            case ("failed", let task?, _): _ = try ledgers.update(RoadTask.ledger.name, id: task, Draft(["failureWaived": true]), by: by, in: tx)
            case (_, _, let emergency?): _ = try ledgers.update(RoadEmergency.ledger.name, id: emergency, Draft(["lateWaived": true]), by: by, in: tx)
            default: break
            }
        }
        workflows.onEffect("roadAppeal.failed") { item, principal, tx in
            try RoadCases.write(["state": "refused", "decidedAt": .string(clock.now.text)], to: item, ledgers, by: principal, in: tx)
        }
        workflows.onEffect("roadAppeal.cancelled") { item, principal, tx in try RoadCases.write(["state": "cancelled"], to: item, ledgers, by: principal, in: tx) }
    }

    /// Whether there is something to appeal against, and whose it is.
    ///
    /// - Throws: `.invalid` for what costs nothing or what another unit did; `.conflict` `JW-B301` while an appeal about the same runs.
    private static func ground(_ about: String, _ field: String, _ id: Int64, by principal: Principal, _ now: Moment, _ tx: any Transaction) throws -> Int64? {
        func refuse(_ text: String) -> Failure { .invalid([FieldFinding(field, "ground", text, title: field == "task" ? "交办任务" : "应急问题")]) }
        let table: SQL = field == "task" ? "road_task" : "road_emergency"
        guard let row = try tx.first("SELECT * FROM \(table) WHERE id = \(id) AND deleted_at IS NULL"), principal.scope.admits(org: row.int("org"), area: row.text("area")) else {
            throw refuse("不存在或不属于本单位")
        }
        switch about {
        case "overdue":
            let late = (row.moment("first_feedback_at") ?? now) > (row.moment("deadline") ?? now)
            if !late { throw refuse("该任务没有超期") }
            if row.bool("overdue_waived") { throw refuse("该任务的超期扣分已免除") }
        case "failed":
            if (row.int("failed_times") ?? 0) == 0 { throw refuse("该任务没有复查未通过的记录") }
            if row.bool("failure_waived") { throw refuse("该任务的复查未通过扣分已免除") }
        default:
            if !row.bool("is_late") { throw refuse("该应急问题没有上报超时") }
            if row.bool("late_waived") { throw refuse("该应急问题的超时扣分已免除") }
        }
        let column = SQL.ident(field)
        let running = try tx.value("SELECT number FROM road_appeal WHERE \(column) = \(id) AND about = \(about) AND state = 'review' AND deleted_at IS NULL")
        if let number = running?.text { throw Failure(.conflict, "JW-B301", "已有等待复核的同一申诉（\(number)）") }
        return row.int("org")
    }
}
