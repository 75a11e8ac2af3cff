import Identity
import Kernel
import Ledgers
import Storage
import Workflows

/// D17.13.4 安全事件管理: whoever sees something suspicious reports it and does not try it out; interruptions and leaks are handled by different steps; the superior is told.
package enum SecurityIncident {
    package static let workflow = WorkflowDeclaration(
        id: "D17.13.4", name: "securityIncident", title: "安全事件报告", titleEN: "Security incident", group: SecurityMenu.group, numbers: "SJ",
        startedBy: [.role(.city), .role(.county), .role(.enterpriseAdmin), .role(.maintainer), .role(.admin), .role(.securityAdmin), .role(.auditAdmin)],
        form: [
            .text("title", "弱点或可疑事件", length: 2...80, marks: [.required]), .moment("seenAt", "发现时间", check: .notFuture, marks: [.required]),
            .note("description", "现象", length: 5...3000, marks: [.required]).hint("只描述所见，请勿自行验证弱点"), .files("evidence", "截图等材料"),
        ], titleField: "title", within: .workingDays(15), steps: [grade, interruption, leak, report, .end("done", "已办结"), .end("rejected", "不构成事件")])

    private static let grade: WorkflowStep = .task(
        "grade", "研判分级", by: [.role(.securityAdmin)],
        form: [
            .code("kind", "分类", from: .incidentKind, marks: [.required]), .code("grade", "分级", from: .incidentGrade, marks: [.required]),
            .note("judgement", "研判意见", length: 2...1000, marks: [.required]),
        ],
        within: .workingHours(4),
        [
            .on("handle", "按中断类处理", to: "interruption"), .on("leak", "按泄密类处理", to: "leak"), .on("reject", "不构成事件", to: "rejected", opinion: true, form: false),
        ])

    private static let interruption: WorkflowStep = .task(
        "interruption", "抑制与恢复", by: [.role(.admin)],
        form: [
            .note("cause", "原因分析", length: 2...2000, marks: [.required]), .note("remedy", "补救与恢复", length: 2...2000, marks: [.required]),
            .moment("restoredAt", "恢复时间", check: .notFuture),
        ],
        within: .workingDays(3), [.on("restored", "已恢复", to: "report")])

    private static let leak: WorkflowStep = .task(
        "leak", "泄密处置", by: [.role(.securityAdmin)],
        form: [
            .note("range", "泄露的信息与范围", length: 2...2000, marks: [.required]), .note("containment", "封堵与补救", length: 2...2000, marks: [.required]),
            .note("liability", "责任认定", length: 2...1000, marks: [.required]), .bool("isSubjectTold", "已告知信息主体"),
        ], within: .workingDays(2), [.on("contained", "已处置", to: "report")])

    private static let report: WorkflowStep = .task(
        "report", "上报与总结", by: [.role(.securityAdmin)],
        form: [
            .text("reportedTo", "上报单位", length: 2...200, marks: [.required]).hint("主管单位；涉及密码的同时报密码主管部门"), .moment("reportedAt", "上报时间", check: .notFuture, marks: [.required]),
            .note("lessons", "总结与改进", length: 2...3000, marks: [.required]), .files("report", "报告"),
        ], within: .workingDays(5), [.on("finish", "办结", to: "done")])
}

/// D17.13.2 事件工单与剧本: a ticket about an address or account; evidence is collected by itself from the audit book when it is accepted, and kept in the case.
package enum SecurityPlaybook {
    package static let workflow = WorkflowDeclaration(
        id: "D17.13.2", name: "securityPlaybook", title: "安全事件工单", titleEN: "Security ticket", group: SecurityMenu.group, numbers: "GD", startedBy: [.role(.securityAdmin)],
        form: [
            .text("title", "事件", length: 2...80, marks: [.required]), .code("grade", "等级", from: .weaknessGrade, marks: [.required]),
            .text("address", "攻击来源地址", length: 2...60), .text("login", "涉及账号", length: 2...40), .note("description", "情况", length: 2...2000, marks: [.required]),
        ], titleField: "title", within: .workingDays(5), steps: [accept, evidence, handle, summary, .end("done", "已办结"), .end("rejected", "误报")])

    private static let collect = "playbook.collect"

    private static let accept: WorkflowStep = .task(
        "accept", "受理", by: [.role(.securityAdmin)], within: .workingHours(2), [.on("accept", "受理并取证", to: "evidence"), .on("reject", "误报", to: "rejected", opinion: true)])

    private static let evidence = WorkflowStep(
        "evidence", "自动取证", kind: .automatic, form: [.note("audit", "取证：审计记录", length: 0...20_000), .integer("auditCount", "取证条数")], isPublic: false, effects: [collect],
        transitions: [WorkflowTransition("next", "继续", to: ["handle"])])

    private static let handle: WorkflowStep = .task(
        "handle", "处置", by: [.role(.securityAdmin), .role(.admin)], form: [.note("handling", "处置措施", length: 2...2000, marks: [.required]), .files("materials", "材料")],
        within: .workingDays(2),
        [.on("handled", "已处置", to: "summary"), .on("again", "重新取证", to: "evidence", form: false)])

    private static let summary: WorkflowStep = .task(
        "summary", "总结", by: [.role(.securityAdmin)], form: [.note("analysis", "处理与分析报告", length: 2...3000, marks: [.required])], within: .workingDays(3),
        [.on("finish", "办结", to: "done")])

    /// Rows of the book that name the address or account, the latest first; two days are looked at.
    private static let rowLimit = 60

    static func register(on workflows: WorkflowEngine) {
        workflows.onEffect(collect) { item, _, tx in
            let address = item.data["address"]?.string ?? "", login = item.data["login"]?.string ?? ""
            let since = workflows.clock.today.adding(days: -2)
            let user = login.isEmpty ? nil : try tx.value("SELECT id FROM users WHERE login = \(login)")?.int
            var rows: [Row] = []
            if !address.isEmpty {
                rows += try tx.rows(
                    "SELECT at, actor, address, action, summary FROM audit WHERE day >= \(since) AND address = \(address) ORDER BY day DESC, id DESC LIMIT \(rowLimit)")
            }
            if let user {
                rows += try tx.rows(
                    "SELECT at, actor, address, action, summary FROM audit WHERE actor_id = \(user) AND day >= \(since) ORDER BY day DESC, id DESC LIMIT \(rowLimit)")
            }
            let lines = rows.map {
                "\($0.moment("at").map(\.text) ?? "") \($0.text("actor") ?? "") \($0.text("address") ?? "") \($0.text("action") ?? "")：\($0.text("summary") ?? "")"
            }
            item.data["audit"] = .string(lines.isEmpty ? "近两日没有相关审计记录" : lines.joined(separator: "\n"))
            item.data["auditCount"] = .int(Int64(lines.count))
        }
    }
}
