import Alarms
import Identity
import Kernel
import Ledgers
import Rules
import Storage
import Workflows

/// A-19 车辆复议: an enterprise asks that an alarm found valid be looked at again; the county judges, the city where it is passed up or appealed against.
///
/// While a case runs the alarm is 复议中; the verdict comes back as 成立 or 撤销. Source: requirements/A-mobile-sources.md A-19.
package enum Reconsideration {
    package static let workflow = WorkflowDeclaration(
        id: "A-19",
        name: "reconsideration",
        title: "车辆复议",
        titleEN: "Reconsideration",
        group: "监测报警",
        numbers: "FY",
        startedBy: [.role(.enterpriseAdmin)],
        needsSubject: true,
        form: [
            .note("reason", "复议理由", length: 10...1000, marks: [.required]),
            .files("evidence", "证据材料").hint("图片、视频、PDF、Word，可多选"),
            .text("contact", "联系人", length: 1...32, marks: [.required]),
            .text("phone", "联系电话", length: 8...20, check: .phone, marks: [.required]),
        ],
        within: .workingDays(30),
        publicFields: [],
        onStart: ["alarm.appeal"],
        onCancel: ["alarm.uphold"],
        steps: [
            acceptance, supplement, review, cityReview, notice, archive, .end("upheld", "维持原认定"), .end("revoked", "撤销报警"), .end("changed", "变更认定"), .end("refused", "不予受理"), lapsed,
        ]
    )

    private static let acceptance: WorkflowStep = .task(
        "acceptance", "受理", by: [.role(.county)], within: .workingDays(2), overdue: [.remind, .escalate(to: .role(.city))],
        [
            .on("accept", "受理", to: "review"),
            .on("ask", "要求补证", to: "supplement", opinion: true),
            .on("refuse", "不予受理", to: "refused", opinion: true, effects: ["alarm.uphold"]),
        ])

    private static let supplement: WorkflowStep = .task(
        "supplement", "补证", by: [.starter],
        form: [.note("statement", "补充说明", length: 1...1000, marks: [.required]), .files("moreEvidence", "补充证据")],
        within: .workingDays(5), overdue: [.take("lapse")], powers: [],
        [.on("submit", "提交补证", to: "acceptance"), .on("lapse", "逾期未补证", to: "lapsed", automatic: true)])

    private static let review: WorkflowStep = .task(
        "review", "审核", by: [.role(.county)], form: [.note("finding", "查明情况", length: 1...2000, marks: [.required]), delisting, .files("findingFiles", "审核材料")],
        within: .workingDays(5), overdue: [.remind, .escalate(to: .role(.city))],
        verdicts + [.on("raise", "上报市级", to: "cityReview", opinion: true), .on("ask", "要求补证", to: "supplement", opinion: true, form: false)])

    private static let cityReview: WorkflowStep = .task(
        "cityReview", "市级复核", by: [.role(.city)], form: [.note("cityFinding", "复核情况", length: 1...2000, marks: [.required]), delisting, .files("cityFiles", "复核材料")],
        within: .workingDays(5), verdicts)

    private static let delisting: Field = .bool("releasesVehicle", "解除名单").hint("撤销或变更时，把该车辆从排放超标名单中解除")

    private static let verdicts: [WorkflowTransition] = [
        .on("uphold", "维持", to: "notice", opinion: true, sets: ["verdict": "uphold"]),
        .on("revoke", "撤销", to: "notice", opinion: true, sets: ["verdict": "revoke"]),
        .on("change", "变更", to: "notice", opinion: true, sets: ["verdict": "change"]),
    ]

    /// The conclusion is made known; within five working days the enterprise may object twice in all.
    private static let notice: WorkflowStep = .notice(
        "notice", "告知与异议期", for: .workingDays(5), expires: "expire", by: [.starter],
        [
            .on("agree", "接受结论", to: "archive"),
            .on("appeal", "提出异议", to: "cityReview", opinion: true, limit: 2),
            .on("expire", "期满无异议", to: "archive", automatic: true),
        ])

    private static let archive: WorkflowStep = .automatic(
        "archive", "结论回写与归档", effects: ["alarm.verdict", "excess.correct"], to: "upheld",
        branches: [
            WorkflowBranch(when: Condition("verdict", .equals, "revoke"), to: "revoked"),
            WorkflowBranch(when: Condition("verdict", .equals, "change"), to: "changed"),
        ])

    private static let lapsed: WorkflowStep = .end("lapsed", "逾期未补证，视为撤回", effects: ["alarm.uphold"])

    /// What a case does to its alarm, in the transaction of the transition.
    package static func register(on workflows: WorkflowEngine, alarms: AlarmEngine, list: ExcessListDesk) {
        registerCorrection(on: workflows, alarms: alarms, list: list)
        workflows.onEffect("alarm.appeal") { item, principal, tx in
            guard let subject = item.subject, subject.kind == "alarm" else { throw Failure(.invalid, "JW-G190", "请从报警页面提出复议") }
            try alarms.transition(subject.id, .appeal, opinion: "提出复议 \(item.number)", by: principal, in: tx)
        }
        workflows.onEffect("alarm.uphold") { item, principal, tx in
            guard let id = item.subject?.id else { return }
            try alarms.transition(id, .uphold, opinion: "复议 \(item.number) 结束，原认定不变", by: .system(principal.name), in: tx)
        }
        workflows.onEffect("alarm.verdict") { item, principal, tx in
            guard let id = item.subject?.id else { return }
            let verdict = item.data["verdict"]?.string
            let action: AlarmAction = verdict == "revoke" ? .overturn : .uphold
            let text = verdict == "revoke" ? "撤销" : verdict == "change" ? "变更认定" : "维持"
            try alarms.transition(id, action, opinion: "复议 \(item.number) 结论：\(text)", by: .system("复议"), in: tx)
        }
    }

    /// A form keeps yes as 1, an interface may send `true`.
    private static func isYes(_ value: JSONValue?) -> Bool { value?.bool == true || value?.int == 1 }

    /// A verdict that takes the alarm back or changes it also takes the vehicle off the excess list, where the reviewers said so.
    private static func registerCorrection(on workflows: WorkflowEngine, alarms: AlarmEngine, list: ExcessListDesk) {
        workflows.onEffect("excess.correct") { item, principal, tx in
            let verdict = item.data["verdict"]?.string
            guard verdict == "revoke" || verdict == "change", isYes(item.data["releasesVehicle"]), let id = item.subject?.id else { return }
            guard let plate = try tx.first("SELECT plate FROM alarms WHERE id = \(id)")?.text("plate") else { return }
            let listed = try tx.rows("SELECT id FROM excess_emission_entry WHERE plate_no = \(plate) AND state = 'recognized' AND deleted_at IS NULL").compactMap { $0.int("id") }
            for entry in listed { _ = try list.release(id: entry, basis: "复议 \(item.number) 结论：\(verdict == "revoke" ? "撤销" : "变更认定")", by: .system(principal.name), in: tx) }
        }
    }
}
