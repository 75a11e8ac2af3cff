import Kernel
import Storage

/// Flows by scene and by level (B5.1.6): the same act waits for nobody on open data and for two people on what is sensitive.
extension DualControl {
    /// Acts whose data has a level.
    package static let levelled: [DualAct] = [.massExport, .deletion, .reveal]

    /// Whether the act may have to wait, whatever it touches.
    package func asks(for act: DualAct) -> Bool { (current.votes[act.name] ?? 0) > 0 || (levels.current.votes[act.name] ?? [:]).values.contains { $0 > 0 } }

    /// How many other people it waits for.
    package func votes(for act: DualAct, at level: DataLevel?) -> Int {
        level.flatMap { levels.current.votes[act.name]?[$0] } ?? current.votes[act.name] ?? 0
    }

    /// The flows of scenes; which level an asset has stays as it is.
    ///
    /// - Parameter workflows: names that may be chosen.
    /// - Throws: `.forbidden`; `.invalid` `JW-K422` where a number is out of bounds, too few people could decide, or a workflow is unknown.
    package func publish(votes: [String: [DataLevel: Int]], workflows: [String: [DataLevel: String]], known: Set<String>, by principal: Principal) async throws {
        try principal.require("policy.write", "审核流程配置")
        try await database.write { [self] tx in
            var findings: [FieldFinding] = []
            let deciders = try deciders(tx)
            for act in Self.levelled {
                for level in DataLevel.allCases {
                    guard let count = votes[act.name]?[level], count != 0 else { continue }
                    let (field, title) = ("\(act.name)/\(level.rawValue)", "\(act.title)·\(level.title)")
                    if !(1...DualPolicy.mostVotes).contains(count) {
                        findings.append(FieldFinding(field, "range", "须在 0–\(DualPolicy.mostVotes) 之间", title: title))
                    } else if deciders < count + 1 {
                        findings.append(FieldFinding(field, "people", "登录过的复核人只有 \(deciders) 名，至少须 \(count + 1) 名（本人不能复核自己）", title: title))
                    }
                }
            }
            for (scene, flows) in workflows.sorted(by: { $0.key < $1.key }) {
                for (level, name) in flows.sorted(by: { $0.key < $1.key }) where !known.contains(name) {
                    findings.append(FieldFinding("\(scene)/\(level.rawValue)", "unknown", "没有这个流程", title: level.title))
                }
            }
            guard findings.isEmpty else { throw Failure.invalid(findings) }
            var new = levels.current
            let names = Set(Self.levelled.map(\.name))
            (new.votes, new.workflows) = (votes.filter { names.contains($0.key) }, workflows)
            try keep(new, "修改审核流程配置", "approvalFlow", "1", by: principal, in: tx)
        }
    }

    /// 数据资产定级: what a ledger and its fields count as from now on; nil goes back to what its declaration says.
    ///
    /// - Throws: `.forbidden`.
    package func classify(_ ledger: String, title: String, as level: DataLevel?, fields: [String: DataLevel], by principal: Principal) async throws {
        try principal.require("policy.write", "数据资产定级")
        try await database.write { [self] tx in
            var new = levels.current
            new.assets = new.assets.filter { $0.key != ledger && !$0.key.hasPrefix(ledger + ".") }
            new.assets[ledger] = level
            for (field, level) in fields { new.assets["\(ledger).\(field)"] = level }
            try keep(new, "“\(title)”定级：\(level?.title ?? "按字段")\(fields.isEmpty ? "" : "，单独定级的字段 \(fields.count) 个")", "dataLevel", ledger, by: principal, in: tx)
        }
    }

    private func keep(_ new: DataLevelPlan, _ summary: String, _ kind: String, _ id: String, by principal: Principal, in tx: any Transaction) throws {
        let before = levels.current
        try levels.keep(new, at: clock.now, by: principal.id, in: tx)
        try audit.record(AuditEntry("update", kind, id, summary, details: ["before": before.json, "after": new.json]), by: principal, in: tx)
    }
}
