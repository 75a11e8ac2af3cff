import Identity
import Kernel
import Storage

/// D16.4.2, D17.8.4: nothing is restored without somebody's word. One asks, another approves, and the approval's code is what `jianwei restore` demands.
package struct RestoreRequests: Sendable {
    package enum State: String, Sendable, CaseIterable {
        case asked, approved, refused, done, failed

        var title: String {
            switch self {
            case .asked: "待批准"
            case .approved: "已批准"
            case .refused: "已驳回"
            case .done: "已恢复"
            case .failed: "恢复失败"
            }
        }
    }

    package struct Entry: Sendable {
        package let id: Int64
        package let folder: String
        package let reason: String
        package let target: String
        package let state: State
        package let askedBy: Int64
        package let askedName: String
        package let askedAt: Moment?
        package let decidedName: String?
        package let decidedAt: Moment?
        package let decision: String?
        package let validUntil: Moment?
        package let endedAt: Moment?
        package let minutes: Int64?
        package let outcome: String?

        init(_ row: Row) {
            id = row.int("id") ?? 0
            folder = row.text("folder") ?? ""
            reason = row.text("reason") ?? ""
            target = row.text("target") ?? ""
            state = State(rawValue: row.text("state") ?? "") ?? .asked
            askedBy = row.int("asked_by") ?? 0
            askedName = row.text("asked_name") ?? ""
            askedAt = row.moment("asked_at")
            decidedName = row.text("decided_name")
            decidedAt = row.moment("decided_at")
            decision = row.text("decision")
            validUntil = row.moment("valid_until")
            endedAt = row.moment("ended_at")
            minutes = row.int("minutes")
            outcome = row.text("outcome")
        }
    }

    /// Seconds for which an approval holds.
    static let validity: Int64 = 86_400
    /// Minutes within which a restoration should be over (D17.8.4, MTTR ≤ 2 h).
    package static let promisedMinutes: Int64 = 120

    let database: any Database
    let audit: AuditTrail
    let clock: Clock

    static func page(state: String?, keyword: String?, before: Int64?, limit: Int, in reader: any Reader) throws -> [Entry] {
        var parts: [SQL] = []
        if let state, !state.isEmpty { parts.append("state = \(state)") }
        if let keyword, !keyword.isEmpty { parts.append(.contains(keyword, in: "reason", "folder", "asked_name")) }
        if let before { parts.append("id < \(before)") }
        return try reader.rows("SELECT * FROM restore_requests WHERE \(SQL.all(of: parts)) ORDER BY id DESC LIMIT \(limit)").map(Entry.init)
    }

    static func find(_ id: Int64, in reader: any Reader) throws -> Entry {
        guard let row = try reader.first("SELECT * FROM restore_requests WHERE id = \(id)") else { throw Failure.notFound("该恢复申请") }
        return Entry(row)
    }

    /// - Parameter run: of a backup that succeeded.
    /// - Throws: `.invalid` with every finding.
    func ask(run: Int64, reason: String, target: String, by principal: Principal) async throws -> Int64 {
        var findings: [FieldFinding] = []
        if reason.count < 4 { findings.append(FieldFinding("reason", "required", "请写明恢复原因，至少 4 个字")) }
        if reason.count > 500 { findings.append(FieldFinding("reason", "length", "不超过 500 字")) }
        if target.isEmpty || target.count > 200 { findings.append(FieldFinding("target", "required", "请写明恢复到哪里，不超过 200 字")) }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        let now = clock.now
        return try await database.write { [audit] tx in
            guard let backup = try tx.first("SELECT folder FROM backup_runs WHERE id = \(run) AND kind = 'backup' AND state = 'done'")?.text("folder") else {
                throw Failure.notFound("该备份")
            }
            let id = try tx.insert(
                "INSERT INTO restore_requests (folder, reason, target, state, asked_by, asked_name, asked_at) VALUES (\(backup), \(reason), \(target), 'asked', \(principal.id), \(principal.name), \(now))"
            )
            try audit.record(AuditEntry("create", "restoreRequest", String(id), "申请恢复备份 \(backup)：\(reason)"), by: principal, in: tx)
            return id
        }
    }

    /// - Throws: `.forbidden` `JW-O010` for one's own request; `.conflict` `JW-O011` when it is decided already.
    func decide(_ id: Int64, approves: Bool, words: String, by principal: Principal) async throws {
        guard words.count <= 500 else { throw Failure.invalid([FieldFinding("decision", "length", "不超过 500 字")]) }
        guard approves || !words.isEmpty else { throw Failure.invalid([FieldFinding("decision", "required", "请写明驳回理由")]) }
        let now = clock.now
        try await database.write { [audit] tx in
            let entry = try Self.find(id, in: tx)
            guard entry.askedBy != principal.id else { throw Failure(.forbidden, "JW-O010", "本人提出的恢复申请须由他人批准") }
            guard entry.state == .asked else { throw Failure(.conflict, "JW-O011", "该申请已处理") }
            let until = approves ? now.adding(seconds: Self.validity) : nil
            try tx.execute(
                "UPDATE restore_requests SET state = \(approves ? State.approved.rawValue : State.refused.rawValue), decided_by = \(principal.id), decided_name = \(principal.name), decided_at = \(now), decision = \(words), valid_until = \(until) WHERE id = \(id)"
            )
            try audit.record(AuditEntry(approves ? "approve" : "refuse", "restoreRequest", String(id), "\(approves ? "批准" : "驳回")恢复备份 \(entry.folder)"), by: principal, in: tx)
        }
    }

    /// What became of an approved restoration, where the data was restored beside the running platform.
    func close(_ id: Int64, isGood: Bool, minutes: Int64, words: String, by principal: Principal) async throws {
        var findings: [FieldFinding] = []
        if !(0...100_000).contains(minutes) { findings.append(FieldFinding("minutes", "range", "请填写 0 至 100000 的整数")) }
        if words.isEmpty || words.count > 1000 { findings.append(FieldFinding("outcome", "required", "请写明恢复过程与核对结果，不超过 1000 字")) }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        let now = clock.now
        try await database.write { [audit] tx in
            let entry = try Self.find(id, in: tx)
            guard entry.state == .approved else { throw Failure(.conflict, "JW-O011", "该申请没有待登记的恢复") }
            try tx.execute(
                "UPDATE restore_requests SET state = \(isGood ? State.done.rawValue : State.failed.rawValue), ended_at = \(now), minutes = \(minutes), outcome = \(words) WHERE id = \(id)"
            )
            let limit = minutes <= Self.promisedMinutes ? "在规定时限内" : "超过规定时限 \(Self.promisedMinutes) 分钟"
            try audit.record(AuditEntry("finish", "restoreRequest", String(id), "恢复\(isGood ? "完成" : "失败")，用时 \(minutes) 分钟，\(limit)"), by: principal, in: tx)
        }
    }

    /// The first start on a restored directory: the restoration enters the books that were restored.
    package static func note(folder: String, request: String, seconds: Int64, from began: Moment, node: String, audit: AuditTrail, in tx: any Transaction) throws {
        let ended = began.adding(seconds: seconds)
        let limit = seconds <= promisedMinutes * 60 ? "在规定时限内" : "超过规定时限 \(promisedMinutes) 分钟"
        let text = "由备份 \(folder) 恢复，\(request)，用时 \(seconds) 秒，\(limit)"
        let id = try tx.insert(
            "INSERT INTO backup_runs (kind, state, folder, started_at, ended_at, message, by_name, node) VALUES ('restore', 'done', \(folder), \(began), \(ended), \(text), '命令行', \(node))"
        )
        try audit.record(AuditEntry("restore", "backupRun", String(id), text), by: .system("命令行"), in: tx)
    }

    static let table = Table(
        "restore_requests",
        columns: [
            Column("folder", .text, required: true), Column("reason", .text, required: true), Column("target", .text, required: true), Column("state", .text, required: true),
            Column("asked_by", .integer, required: true), Column("asked_name", .text, required: true), Column("asked_at", .integer, required: true),
            Column("decided_by", .integer), Column("decided_name", .text), Column("decided_at", .integer), Column("decision", .text), Column("valid_until", .integer),
            Column("ended_at", .integer), Column("minutes", .integer), Column("outcome", .text),
        ],
        indexes: [Index("state", "id")])
}
