import Identity
import Kernel
import Storage

/// A sheet on its way into a ledger: uploaded, judged, then run or left.
struct ImportUpload: Sendable {
    var id: Int64
    var ledger: String
    var user: Int64
    var fileName: String
    /// The sheet itself.
    var blob: String
    var options: ImportOptions
    /// The task that judges every row without writing.
    var judging: Int64?
    /// The task that writes.
    var running: Int64?
    var judgement: ImportSummary?
    var outcome: ImportSummary?

    static let table = Table(
        "ledger_uploads",
        columns: [
            Column("ledger", .text, required: true), Column("user_id", .integer, required: true), Column("file_name", .text, required: true), Column("blob", .text, required: true),
            Column("bad_rows", .text, required: true), Column("known_rows", .text, required: true), Column("judging", .integer), Column("running", .integer),
            Column("judgement", .text),
            Column("outcome", .text), Column("created_at", .integer, required: true),
        ],
        indexes: [Index("user_id", "id"), Index("created_at")])

    init(_ row: Row) {
        id = row.int("id") ?? 0
        ledger = row.text("ledger") ?? ""
        user = row.int("user_id") ?? 0
        fileName = row.text("file_name") ?? ""
        blob = row.text("blob") ?? ""
        options = ImportOptions(
            badRows: row.text("bad_rows").flatMap(ImportOptions.BadRows.init) ?? .refuseAll, knownRows: row.text("known_rows").flatMap(ImportOptions.KnownRows.init) ?? .refuse)
        judging = row.int("judging")
        running = row.int("running")
        judgement = row.text("judgement").flatMap(ImportSummary.init)
        outcome = row.text("outcome").flatMap(ImportSummary.init)
    }

    /// Only one's own.
    static func find(_ id: Int64, _ desk: LedgerDesk, in reader: any Reader) throws -> ImportUpload {
        guard let row = try reader.first("SELECT * FROM ledger_uploads WHERE id = \(id) AND ledger = \(desk.ledger.name) AND user_id = \(desk.principal.id)") else {
            throw Failure.notFound("该次导入")
        }
        return ImportUpload(row)
    }
}

/// What came of judging or running, as the page shows it: the counts, the first bad rows, the report with all of them.
struct ImportSummary: Sendable {
    /// Bad rows shown in the page; the report has them all.
    static let shown = 20

    var total: Int
    var created: Int
    var updated: Int
    var unchanged: Int
    var bad: Int
    var isKept: Bool
    var text: String
    var rows: [(number: Int, message: String)]
    /// The xlsx of all bad rows with their reasons; nil when there are none.
    var report: String?

    var good: Int { total - bad }

    init(_ report: ImportReport, blob: String?) {
        total = report.total
        created = report.created
        updated = report.updated
        unchanged = report.unchanged
        bad = report.bad
        isKept = report.isKept
        text = report.summary
        rows = report.badRows.prefix(ImportSummary.shown).map { ($0.number, $0.message) }
        self.report = blob
    }

    init?(_ text: String) {
        guard let json = try? JSONValue(parsing: text) else { return nil }
        func count(_ name: String) -> Int { Int(json[name]?.int ?? 0) }
        total = count("total")
        created = count("created")
        updated = count("updated")
        unchanged = count("unchanged")
        bad = count("bad")
        isKept = json["isKept"]?.bool ?? false
        self.text = json["text"]?.string ?? ""
        rows = (json["rows"]?.array ?? []).map { (Int($0["number"]?.int ?? 0), $0["message"]?.string ?? "") }
        report = json["report"]?.string
    }

    var json: JSONValue {
        [
            "total": .int(Int64(total)), "created": .int(Int64(created)), "updated": .int(Int64(updated)), "unchanged": .int(Int64(unchanged)), "bad": .int(Int64(bad)),
            "isKept": .bool(isKept),
            "text": .string(text), "rows": .array(rows.map { ["number": .int(Int64($0.number)), "message": .string($0.message)] }), "report": JSONValue(report),
        ]
    }
}
