import Features
import Identity
import Kernel
import Ledgers
import Messages
import Storage
import Workflows

/// D17.14.1 制度审定与发布: a drafted rule is judged, signed and made known; who it is for signs that they received it. The version before it ends.
package enum PolicyIssue {
    package static let workflow = WorkflowDeclaration(
        id: "D17.14.1-1", name: "policyIssue", title: "制度审定与发布", titleEN: "Issue of security rules", group: SecurityMenu.group, numbers: "ZD", startedBy: [.role(.securityAdmin)],
        form: [
            .text("number", "文号", length: 2...60, marks: [.required]).hint("安全制度台账中状态为“起草”的文号"), .text("revision", "版本", length: 1...20, marks: [.required]),
            .code("occasion", "起因", from: .policyOccasion, marks: [.required]), .note("summary", "起草或修订说明", length: 2...2000, marks: [.required]),
            .code("range", "发布范围", from: .policyRange, marks: [.required]), .files("draft", "送审稿"),
        ], titleField: "number", within: .workingDays(20), onStart: [find], steps: [review, revise, sign, .end("issued", "已发布"), .end("refused", "不予签发")])

    private static let find = "policyIssue.find"
    private static let approve = "policyIssue.approve"
    private static let issue = "policyIssue.issue"

    private static let review: WorkflowStep = .task(
        "review", "论证审定", by: [.role(.auditAdmin)], form: [.note("judgement", "论证意见", length: 2...1000, marks: [.required]), .files("minutes", "论证记录")],
        within: .workingDays(5), [.on("approve", "审定通过", to: "sign", effects: [approve]), .on("back", "退回修改", to: "revise", opinion: true, form: false)])

    private static let revise: WorkflowStep = .task(
        "revise", "修改", by: [.role(.securityAdmin)], form: [.note("revised", "修改说明", length: 2...1000, marks: [.required])], within: .workingDays(5),
        [.on("again", "重新送审", to: "review")])

    private static let sign: WorkflowStep = .task(
        "sign", "签发", by: [.role(.city)], within: .workingDays(3),
        [.on("issue", "签发并发布", to: "issued", effects: [issue]), .on("refuse", "不予签发", to: "refused", opinion: true)])

    /// Who is told, by the range that was chosen; nothing is everybody.
    private static let roles: [String: [BuiltInRole]] = [
        "office": [.city, .county, .admin, .securityAdmin, .auditAdmin], "operators": [.admin, .securityAdmin, .auditAdmin, .maintainer],
        "enterprise": [.enterpriseAdmin, .enterpriseGuard],
    ]

    static func register(on platform: Platform) {
        let (workflows, ledgers, messages) = (platform.workflows, platform.ledgers, platform.messages)
        workflows.onEffect(find) { item, _, tx in
            let policy = try policy(item, ledgers, tx)
            guard policy.values["state"]?.text == "draft" else {
                throw Failure.invalid([FieldFinding("number", "range", "该版本不是起草状态", title: "文号")])
            }
            item.data["title"] = .string(policy.values["title"]?.text ?? "")
        }
        workflows.onEffect(approve) { item, principal, tx in
            _ = try ledgers.update(PolicyRegistry.ledger.name, id: try policy(item, ledgers, tx).id, Draft(["state": "approved"]), by: .system(principal.name), in: tx)
        }
        workflows.onEffect(issue) { item, principal, tx in
            let policy = try policy(item, ledgers, tx), today = workflows.clock.today
            let title = policy.values["title"]?.text ?? "", number = item.data["number"]?.string ?? "", revision = item.data["revision"]?.string ?? ""
            let older = try tx.rows(
                "SELECT id FROM security_policy WHERE number = \(number) AND id <> \(policy.id) AND state = 'issued' AND deleted_at IS NULL LIMIT 100"
            ).compactMap { $0.int("id") }
            for id in older { _ = try ledgers.update(PolicyRegistry.ledger.name, id: id, Draft(["state": "ended"]), by: .system(principal.name), in: tx) }
            let draft = NoticeDraft(
                title: "发布安全制度：\(title)（\(revision)）".prefix(100).description, text: "\(number)，自即日起执行。\n\(item.data["summary"]?.string ?? "")\n请阅读并签收。", grade: .notice,
                needsSignature: true, signBy: today.adding(days: 15), roles: (roles[item.data["range"]?.string ?? ""] ?? []).map(\.rawValue))
            let notice = try messages.publish(draft, by: principal, in: tx)
            var values: [String: JSONValue] = ["state": "issued", "issuedOn": .string(today.text), "receipt": .string("签收名单见通知第 \(notice) 号（/notices/\(notice)）")]
            if policy.values["reviewBy"]?.int == nil { values["reviewBy"] = .string(today.adding(days: 365).text) }
            _ = try ledgers.update(PolicyRegistry.ledger.name, id: policy.id, Draft(values), by: .system(principal.name), in: tx)
        }
    }

    private static func policy(_ item: WorkflowCase, _ ledgers: LedgerEngine, _ reader: any Reader) throws -> Record {
        let number = item.data["number"]?.string ?? "", revision = item.data["revision"]?.string ?? ""
        guard let found = try ledgers.findUnique(PolicyRegistry.ledger.name, matching: ["number": .text(number), "revision": .text(revision)], in: reader) else {
            throw Failure.invalid([FieldFinding("number", "unknown", "安全制度台账中没有这个文号和版本", title: "文号")])
        }
        return found
    }
}
