import Features
import Identity
import Kernel
import Ledgers
import Storage
import Workflows

/// B3.1.3.3 应急问题: one row is one emergency that a unit reported; when it happened is asked, when it was reported is the server's clock.
///
/// Source: requirements/B-transport.md B3.1.3.3, B3.2.3, 实体 RoadEmergency.
package enum RoadEmergency {
    package static let ledger = LedgerDeclaration(
        id: "B3.1.3.3", name: "roadEmergency", title: "应急问题", titleEN: "Emergencies", group: RoadChiefs.group, ownedBy: .enterprise, owners: RoadChiefs.owners,
        titleField: "name", timeField: "reportedAt",
        fields: [
            .text("name", "问题名称", length: 2...80, marks: [.required, .searchable, .sortable]).section("上报"),
            .reference("road", "道路", to: "road", marks: [.filterable, .groupable]).section("上报"),
            .moment("happenedAt", "事发时间", marks: [.required, .filterable, .sortable]).section("上报"),
            .text("place", "事发地点", length: 2...100, marks: [.required, .searchable]).section("上报"), .location("location", "位置", marks: [.unlisted]).section("上报"),
            .files("photos", "照片或视频", marks: [.required]).section("上报"), .note("process", "处置过程", length: 2...2000, marks: [.required, .unlisted]).section("上报"),
            .note("result", "处置结果", length: 0...2000, marks: [.unlisted]).section("上报"),
            .text("number", "应急编号", length: 1...40, marks: [.readOnly, .searchable]).section("审核"),
            .text("reporter", "上报人", length: 0...60, marks: [.readOnly, .searchable]).section("审核"),
            .reference("chief", "路长", to: "roadChief", marks: [.readOnly, .filterable, .groupable]).section("审核"),
            .moment("reportedAt", "上报时间", marks: [.readOnly, .filterable, .sortable]).section("审核").hint("以服务器收到的时间为准"),
            .integer("delay", "上报用时", 0...10_000_000, unit: "分钟", marks: [.readOnly, .sortable]).section("审核"),
            .bool("isLate", "上报超时", marks: [.readOnly, .filterable, .groupable]).section("审核").fallback("false"),
            .code("state", "状态", from: .roadReportState, marks: [.readOnly, .filterable, .groupable]).section("审核").fallback("review"),
            .bool("lateWaived", "超时免扣", marks: [.readOnly, .unlisted]).section("审核").fallback("false"),
        ])

    /// Whole minutes from the event to the report, and whether that is more than is allowed.
    package static func delay(happenedAt: Moment, reportedAt: Moment, limit minutes: Int) -> (minutes: Int, isLate: Bool) {
        let seconds = max(0, reportedAt.seconds(since: happenedAt))
        return (Int(seconds / 60), seconds > Double(minutes) * 60)
    }
}

/// B3.1.3.3 应急问题审核: the office says whether it was so, or sends it back with the reason.
package enum RoadEmergencyReview {
    package static let workflow = WorkflowDeclaration(
        id: "B3.1.3.3", name: "roadEmergency", title: "应急问题审核", titleEN: "Emergency review", group: RoadChiefs.group, numbers: "LY", needsSubject: true,
        form: [
            .moment("happenedAt", "事发时间"), .text("place", "事发地点", length: 0...100), .note("process", "处置过程", length: 0...2000), .note("result", "处置结果", length: 0...2000),
        ], onCancel: ["roadEmergency.cancelled"],
        steps: [
            .task(
                "review", "复核", by: [.role(RoadRoles.office)], within: .workingDays(2),
                [
                    .on("pass", "情况属实，通过", to: "passed", effects: ["roadEmergency.passed"]),
                    .on("fail", "不通过", to: "rework", opinion: true, effects: ["roadEmergency.failed"]),
                ]),
            .task(
                "rework", "继续整改", by: [.starter, .ownerRole(RoadRoles.unit)],
                form: [
                    .note("process", "处置过程", length: 2...2000, marks: [.required]), .note("result", "处置结果", length: 2...2000, marks: [.required]), .files("more", "补充照片或视频"),
                ], within: .workingDays(2), [.on("submit", "重新上报", to: "review", effects: ["roadEmergency.submitted"])]), .end("passed", "复核通过"),
        ])

    static func register(on platform: Platform) {
        let (ledgers, workflows, clock) = (platform.ledgers, platform.workflows, platform.clock)
        ledgers.onPrepare(of: RoadEmergency.ledger.name) { draft, before, principal, tx in
            if let before {
                // Corrected by the office: how late it came is judged anew.
                guard let happened = draft.values["happenedAt"].flatMap(moment), let reported = RoadRecords.moment(before.values["reportedAt"]) else { return }
                return try judge(&draft, happenedAt: happened, reportedAt: reported, tx)
            }
            let keeper = try RoadRecords.keeper(ofRoad: draft.values["road"].flatMap(RoadRecords.number), tx)
            draft.org = draft.org ?? keeper.org
            if RoadRecords.isBlank(draft.values["chief"]), let chief = keeper.chief { draft.values["chief"] = .int(chief) }
            let now = clock.now
            if let happened = draft.values["happenedAt"].flatMap(moment) {
                guard happened <= now.adding(seconds: 60) else { throw Failure.invalid([FieldFinding("happenedAt", "future", "不能晚于当前时间", title: "事发时间")]) }
                try judge(&draft, happenedAt: happened, reportedAt: now, tx)
            }
            draft.values["reportedAt"] = .string(now.text)
            draft.values["reporter"] = .string(principal.name)
        }
        ledgers.onChange(of: RoadEmergency.ledger.name) { change, tx in
            guard change.kind == .created, let record = change.after else { return }
            var values: [String: JSONValue] = [:]
            for name in ["place", "process", "result"] { if let text = record.values[name]?.text { values[name] = .string(text) } }
            if let at = RoadRecords.moment(record.values["happenedAt"]) { values["happenedAt"] = .string(at.text) }
            try RoadCases.begin(workflow, record, in: RoadEmergency.ledger, title: record.values["name"]?.text, values: values, by: change.by, on: workflows, in: tx)
        }
        RoadCases.settle(RoadEmergency.ledger, ledgers)
        for (effect, state) in [("passed", "done"), ("failed", "rework"), ("cancelled", "cancelled")] {
            workflows.onEffect("roadEmergency.\(effect)") { item, principal, tx in try RoadCases.write(["state": .string(state)], to: item, ledgers, by: principal, in: tx) }
        }
        workflows.onEffect("roadEmergency.submitted") { item, principal, tx in
            var values: [String: JSONValue] = ["state": "review"]
            for name in ["process", "result"] { if let text = item.data[name] { values[name] = text } }
            try RoadCases.write(values, to: item, ledgers, by: principal, in: tx)
        }
    }

    private static func judge(_ draft: inout Draft, happenedAt: Moment, reportedAt: Moment, _ reader: any Reader) throws {
        let delay = RoadEmergency.delay(happenedAt: happenedAt, reportedAt: reportedAt, limit: try AppraisalSettings.load(reader).reportMinutes)
        draft.values["delay"] = .int(Int64(delay.minutes))
        draft.values["isLate"] = .bool(delay.isLate)
    }

    /// As a form sends it, or milliseconds.
    private static func moment(_ value: JSONValue) -> Moment? { value.string.flatMap(Moment.init(parsing:)) ?? value.int.map { Moment(milliseconds: $0) } }
}
