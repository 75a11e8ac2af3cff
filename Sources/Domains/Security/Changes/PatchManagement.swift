import Identity
import Kernel
import Ledgers
import Storage
import Workflows

/// D17.9.5 漏洞与补丁闭环: found, judged, backed up, patched, tested again. The weaknesses of the number it names follow: being patched while it runs, closed when it is over.
package enum PatchManagement {
    package static let workflow = WorkflowDeclaration(
        id: "D17.9.5", name: "patchManagement", title: "漏洞与补丁处置", titleEN: "Patch management", group: SecurityMenu.group, numbers: "BD",
        startedBy: [.role(.securityAdmin), .role(.admin)],
        form: [
            .text("reference", "漏洞编号", length: 2...60, marks: [.required]).hint("弱点台账中的编号；该编号的待处理弱点一并处置"),
            .code("grade", "等级", from: .weaknessGrade, marks: [.required]), .note("description", "情况说明", length: 2...2000, marks: [.required]),
        ], titleField: "reference", within: .workingDays(10), onStart: [begin], onCancel: [reopen],
        steps: [assess, patch, retest, .end("done", "已复测关闭"), .end("accepted", "接受风险")])

    private static let begin = "patch.begin"
    private static let reopen = "patch.reopen"
    private static let close = "patch.close"
    private static let accept = "patch.accept"

    private static let assess: WorkflowStep = .task(
        "assess", "评估", by: [.role(.securityAdmin)], form: [.note("assessment", "影响与方案", length: 2...2000, marks: [.required])], within: .workingDays(2),
        [.on("patch", "打补丁", to: "patch"), .on("accept", "接受风险", to: "accepted", opinion: true, effects: [accept])])

    private static let patch: WorkflowStep = .task(
        "patch", "备份与打补丁", by: [.role(.admin)],
        form: [
            .text("backup", "备份编号", length: 2...100, marks: [.required]), .text("package", "补丁或版本", length: 2...200, marks: [.required]),
            .note("record", "实施记录", length: 2...2000, marks: [.required]),
        ],
        within: .workingDays(5), [.on("patched", "已实施", to: "retest")])

    private static let retest: WorkflowStep = .task(
        "retest", "复测", by: [.role(.securityAdmin)], form: [.note("result", "复测结果", length: 2...1000, marks: [.required])], within: .workingDays(3),
        [.on("close", "已修复，关闭", to: "done", effects: [close]), .on("again", "仍然存在", to: "patch", opinion: true)])

    static func register(on workflows: WorkflowEngine, ledgers: LedgerEngine) {
        func move(to state: String, from states: [String], closing: Bool = false) -> WorkflowEngine.Effect {
            { item, principal, tx in
                guard let reference = item.data["reference"]?.string else { return }
                let ids = try tx.rows(
                    "SELECT id FROM weakness WHERE reference = \(reference) AND state IN (\(list: states)) AND deleted_at IS NULL ORDER BY id LIMIT 1000"
                ).compactMap { $0.int("id") }
                for id in ids {
                    var values: [String: JSONValue] = ["state": .string(state)]
                    if closing { values["closedOn"] = .string(workflows.clock.today.text) }
                    _ = try ledgers.update(WeaknessLedger.ledger.name, id: id, Draft(values), by: .system(principal.name), in: tx)
                }
                item.data["weaknesses"] = .int(Int64(ids.count))
            }
        }
        workflows.onEffect(begin, move(to: "patching", from: ["open"]))
        workflows.onEffect(reopen, move(to: "open", from: ["patching"]))
        workflows.onEffect(close, move(to: "closed", from: ["open", "patching"], closing: true))
        workflows.onEffect(accept, move(to: "accepted", from: ["open", "patching"]))
    }
}
