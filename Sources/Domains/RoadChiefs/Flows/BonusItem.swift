import Features
import Identity
import Kernel
import Ledgers
import Storage
import Workflows

/// B3.1.3.5 加分项目: one row is one accepted article or one innovation that a unit claims points for.
///
/// Source: requirements/B-transport.md B3.1.3.5, B3.2.4.
package enum BonusItem {
    package static let ledger = LedgerDeclaration(
        id: "B3.1.3.5", name: "bonusItem", title: "加分项目", titleEN: "Bonus items", group: RoadChiefs.group, ownedBy: .enterprise, owners: RoadChiefs.owners, titleField: "name",
        fields: [
            .code("kind", "类别", from: .roadBonusKind, marks: [.required, .filterable, .groupable]).section("申报"),
            .text("name", "名称", length: 2...80, marks: [.required, .searchable, .sortable]).section("申报"),
            .code("mediaLevel", "媒体级别", from: .roadMediaLevel, marks: [.filterable, .groupable]).section("申报").hint("录用稿件必填"),
            .text("media", "媒体", length: 1...60, marks: [.searchable]).section("申报").hint("录用或报道的媒体"), .day("usedOn", "录用日期", marks: [.filterable, .sortable]).section("申报"),
            .note("description", "描述", length: 0...2000, marks: [.unlisted]).section("申报").hint("创新举措必填"),
            .note("benefit", "取得效益", length: 0...1000, marks: [.unlisted]).section("申报"),
            .files("photos", "照片、视频或稿件").section("申报"), .text("number", "申报编号", length: 1...40, marks: [.readOnly, .searchable]).section("审核"),
            .text("applicant", "申报人", length: 0...60, marks: [.readOnly, .searchable]).section("审核"),
            .code("state", "状态", from: .roadReportState, marks: [.readOnly, .filterable, .groupable]).section("审核").fallback("review"),
            .moment("decidedAt", "审核时间", marks: [.readOnly, .sortable]).section("审核"),
        ])
}

/// B3.1.3.5 加分项目审核: approved, the month's appraisal adds the points by itself.
package enum BonusReview {
    package static let workflow = WorkflowDeclaration(
        id: "B3.1.3.5", name: "bonusItem", title: "加分项目审核", titleEN: "Bonus review", group: RoadChiefs.group, numbers: "LJ", needsSubject: true,
        form: [.text("media", "媒体", length: 0...60), .note("description", "描述", length: 0...2000), .note("benefit", "取得效益", length: 0...1000)], onCancel: ["bonusItem.cancelled"],
        steps: [
            .task(
                "review", "审核", by: [.role(RoadRoles.office)], within: .workingDays(5),
                [.on("pass", "通过", to: "passed", effects: ["bonusItem.passed"]), .on("fail", "不通过", to: "refused", opinion: true, effects: ["bonusItem.failed"])]),
            .end("passed", "审核通过"), .end("refused", "审核未通过"),
        ])

    static func register(on platform: Platform) {
        let (ledgers, workflows, clock) = (platform.ledgers, platform.workflows, platform.clock)
        RoadCases.settle(BonusItem.ledger, ledgers)
        ledgers.onPrepare(of: BonusItem.ledger.name) { draft, before, principal, _ in
            guard before == nil else { return }
            draft.values["applicant"] = .string(principal.name)
            func isEmpty(_ name: String) -> Bool { (draft.values[name]?.string ?? "").isEmpty }
            var findings: [FieldFinding] = []
            switch draft.values["kind"]?.string {
            case "article":
                if isEmpty("mediaLevel") { findings.append(FieldFinding("mediaLevel", "required", "录用稿件须填写", title: "媒体级别")) }
                if isEmpty("media") { findings.append(FieldFinding("media", "required", "录用稿件须填写", title: "媒体")) }
            case "innovation": if isEmpty("description") { findings.append(FieldFinding("description", "required", "创新举措须填写", title: "描述")) }
            default: break
            }
            guard findings.isEmpty else { throw Failure.invalid(findings) }
        }
        ledgers.onChange(of: BonusItem.ledger.name) { change, tx in
            guard change.kind == .created, let record = change.after else { return }
            var values: [String: JSONValue] = [:]
            for name in ["media", "description", "benefit"] { if let text = record.values[name]?.text { values[name] = .string(text) } }
            try RoadCases.begin(workflow, record, in: BonusItem.ledger, title: record.values["name"]?.text, values: values, by: change.by, on: workflows, in: tx)
        }
        for (effect, state) in [("passed", "done"), ("failed", "refused"), ("cancelled", "cancelled")] {
            workflows.onEffect("bonusItem.\(effect)") { item, principal, tx in
                try RoadCases.write(["state": .string(state), "decidedAt": .string(clock.now.text)], to: item, ledgers, by: principal, in: tx)
            }
        }
    }
}
