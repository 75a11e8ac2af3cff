import Identity
import Kernel
import Messages
import Storage

/// Files that were made, each for one person under that person's rights; nobody else opens them.
package struct ReportArchive: Sendable {
    let engine: ReportEngine

    package init(engine: ReportEngine) { self.engine = engine }

    /// One kept file.
    package struct Output: Sendable {
        package var id: Int64
        package var item: Int64
        package var schedule: Int64?
        package var title: String
        package var receiver: Int64
        package var period: String
        package var format: ReportFormat?
        package var blob: String?
        package var size: Int
        package var error: String?
        package var madeBy: String
        package var madeAt: Moment

        init(_ row: Row) {
            id = row.int("id") ?? 0
            item = row.int("item") ?? 0
            schedule = row.int("schedule")
            title = row.text("title") ?? ""
            receiver = row.int("receiver") ?? 0
            period = row.text("period") ?? ""
            format = row.text("format").flatMap(ReportFormat.init)
            blob = row.text("blob")
            size = Int(row.int("size") ?? 0)
            error = row.text("error")
            madeBy = row.text("made_by") ?? ""
            madeAt = row.moment("made_at") ?? Moment(milliseconds: 0)
        }
    }

    /// Which run of which schedule a file belongs to.
    struct Run: Sendable {
        var schedule: Int64
        var dueAt: Moment
        var owner: String
    }

    /// Makes and keeps; of a schedule's run each receiver and format once, with a message, however often it is run. What cannot be made is kept as a line that says why.
    func keep(_ item: ReportItem, _ template: ReportTemplate, _ order: ReportOrder, _ formats: [ReportFormat], for principal: Principal, schedule run: Run?) async throws {
        var missing = formats
        if let run {
            let known = try await engine.database.read { reader in
                try reader.rows("SELECT format FROM report_outputs WHERE schedule = \(run.schedule) AND due_at = \(run.dueAt) AND receiver = \(principal.id)").compactMap {
                    $0[0].text
                }
            }
            missing = formats.filter { !known.contains($0.rawValue) }
            if missing.isEmpty { return }
        }
        var stored: [(format: ReportFormat, blob: String?, size: Int, error: String?)] = []
        do {
            for (format, bytes) in try await engine.made(template, title: item.title, order, formats: missing, by: principal).sorted(by: { $0.key.rawValue > $1.key.rawValue }) {
                stored.append((format, try await engine.blobs.put(bytes).hash, bytes.count, nil))
            }
        } catch let failure as Failure where run != nil {
            stored = missing.map { ($0, nil, 0, failure.message) }
        }
        let (files, now, engine) = (stored, engine.clock.now, engine)
        try await engine.database.write { tx in
            for file in files {
                try tx.execute(
                    """
                    INSERT INTO report_outputs (item, schedule, due_at, title, receiver, receiver_name, period, format, blob, size, state, error, made_by, made_at)
                    VALUES (\(item.id), \(run?.schedule), \(run?.dueAt), \(item.title), \(principal.id), \(principal.name), \(template.period.label(order.day)), \(file.format.rawValue), \(file.blob),
                    \(file.size), \(file.error == nil ? "done" : "failed"), \(file.error), \(run?.owner ?? principal.name), \(now)) ON CONFLICT DO NOTHING
                    """)
            }
            try engine.identity.audit.record(
                AuditEntry("create", "reportOutput", "\(item.id)", "生成报表“\(item.title)”\(template.period.label(order.day))，接收人\(principal.name)"),
                by: run == nil ? principal : .system("定时报表"),
                in: tx)
            if let run {
                let failed = files.first { $0.error != nil }?.error
                try engine.messages.post(
                    MessageDraft(
                        ReportEngine.messageKind, title: "\(item.title)（\(template.period.label(order.day))）",
                        text: failed.map { "生成失败：\($0)" } ?? "已生成，数据范围：\(ReportEngine.scopeTitle(principal))",
                        path: "/reports/archive", users: [principal.id], dedupe: "report \(run.schedule) \(run.dueAt.milliseconds) \(principal.id)"), in: tx)
            }
        }
    }

    package func outputs(of principal: Principal, keyword: String? = nil, before: Int64? = nil, limit: Int, in reader: any Reader) throws -> [Output] {
        var conditions: [SQL] = ["receiver = \(principal.id)"]
        if let before { conditions.append("id < \(before)") }
        if let keyword { conditions.append(.contains(keyword, in: "title")) }
        return try reader.rows("SELECT * FROM report_outputs WHERE \(SQL.all(of: conditions)) ORDER BY id DESC LIMIT \(min(max(limit, 1), 200))").map(Output.init)
    }

    /// - Throws: `.notFound` for another's.
    package func output(_ id: Int64, of principal: Principal, in reader: any Reader) throws -> Output {
        guard principal.id > 0, let found = try reader.first("SELECT * FROM report_outputs WHERE id = \(id) AND receiver = \(principal.id)").map(Output.init) else {
            throw Failure.notFound("该报表文件")
        }
        return found
    }
}
