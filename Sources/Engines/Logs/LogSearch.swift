import Kernel
import Storage

/// What is asked of the lines; every condition that is there must hold.
package struct LogSearch: Sendable {
    package var from: Moment
    /// Exclusive.
    package var to: Moment
    /// 0 is 未登记来源.
    package var source: Int64?
    package var host: String?
    package var app: String?
    /// This grave or graver.
    package var severity: Int?
    package var facility: Int?
    /// Part of the line.
    package var keyword: String?
    /// Whole values of mapped fields.
    package var fields: [LogField: String] = [:]
    package var isEvent = false

    package init(from: Moment, to: Moment) {
        self.from = from
        self.to = to
    }

    package var conditions: [SQL] {
        var conditions: [SQL] = ["at >= \(from)", "at < \(to)"]
        if let source { conditions.append("source = \(source)") }
        if let host { conditions.append("host = \(host)") }
        if let app { conditions.append("app = \(app)") }
        if let severity { conditions.append("severity <= \(severity)") }
        if let facility { conditions.append("facility = \(facility)") }
        for (field, value) in fields.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            if let column = field.column { conditions.append("\(ident: column) = \(value)") }
        }
        if isEvent { conditions.append("event = 1") }
        if let keyword { conditions.append(.contains(keyword, in: "raw")) }
        return conditions
    }
}

/// One line as it is shown.
package struct LogLine: Sendable {
    package var id: Int64
    package var at: Moment
    package var receivedAt: Moment
    package var source: Int64
    package var address: String
    package var way: LogWay
    package var facility: Int
    package var severity: Int
    package var host: String
    package var app: String
    package var text: String
    package var raw: String
    package var rule: Int64
    package var isEvent: Bool
    package var mapped: [LogField: String]
    private let fieldsText: String?

    package init(_ row: Row) {
        id = row.int("id") ?? 0
        at = row.moment("at") ?? Moment(milliseconds: 0)
        receivedAt = row.moment("received_at") ?? at
        source = row.int("source") ?? 0
        address = row.text("address") ?? ""
        way = row.text("way").flatMap(LogWay.init) ?? .udp
        facility = Int(row.int("facility") ?? 0)
        severity = Int(row.int("severity") ?? 0)
        host = row.text("host") ?? ""
        app = row.text("app") ?? ""
        text = row.text("text") ?? ""
        raw = row.text("raw") ?? ""
        rule = row.int("rule") ?? 0
        isEvent = row.bool("event")
        mapped = [:]
        for field in LogField.searchable { if let column = field.column, let value = row.text(column) { mapped[field] = value } }
        fieldsText = row.text("fields")
    }

    /// What rules and structured data gave, by its own name.
    package var fields: [(name: String, value: String)] {
        guard let fieldsText, let json = try? JSONValue(parsing: fieldsText) else { return [] }
        return (json.object?.members ?? []).map { ($0.name, $0.value.string ?? $0.value.text) }
    }

    /// `at-id`: a place in the order of a search.
    package var cursor: String { "\(at.milliseconds)-\(id)" }
}

extension LogEngine {
    /// Newest first.
    ///
    /// - Parameter after: the cursor of the last line of the page before; nonsense starts at the top.
    package func lines(_ search: LogSearch, after: String? = nil, limit: Int, _ reader: any Reader) throws -> [LogLine] {
        var conditions = search.conditions
        let parts = after?.split(separator: "-").compactMap { Int64($0) } ?? []
        if parts.count == 2 { conditions.append("(at, id) < (\(parts[0]), \(parts[1]))") }
        return try reader.rows("SELECT * FROM log_lines WHERE \(SQL.all(of: conditions)) ORDER BY at DESC, id DESC LIMIT \(limit)").map(LogLine.init)
    }

    package func line(_ id: Int64, _ reader: any Reader) throws -> LogLine {
        guard let row = try reader.first("SELECT * FROM log_lines WHERE id = \(id)") else { throw Failure.notFound("日志") }
        return LogLine(row)
    }

    /// Lines of one day by hour, source and severity.
    package struct DayCount: Sendable {
        package var hour: Int
        package var source: Int64
        package var severity: Int
        package var lines: Int
    }

    package func counts(of day: Day, _ reader: any Reader) throws -> [DayCount] {
        try reader.rows("SELECT hour, source, severity, lines FROM log_counts WHERE day = \(day) LIMIT 50000").map { row in
            DayCount(
                hour: Int(row.int("hour") ?? 0), source: row.int("source") ?? 0, severity: Int(row.int("severity") ?? 0), lines: Int(row.int("lines") ?? 0))
        }
    }

    private static let portion = 5000

    /// Takes what is older than the settings say, in portions.
    ///
    /// - Returns: lines taken.
    package func forgetOld() async throws -> Int {
        let settings = try await database.read { [self] in try self.settings($0) }
        let day = clock.today.adding(days: -settings.keepDays)
        var taken = 0
        while true {
            try Task.checkCancellation()
            let portion = try await database.write { tx in
                try tx.execute(
                    "DELETE FROM log_lines WHERE id IN (SELECT id FROM log_lines WHERE received_at < \(day.start) ORDER BY received_at LIMIT \(Self.portion))")
            }
            taken += portion
            if portion < Self.portion { break }
        }
        try await database.write { tx in
            try tx.execute("DELETE FROM log_counts WHERE day < \(day)")
            try tx.execute("DELETE FROM log_refused WHERE day < \(day)")
        }
        return taken
    }
}
