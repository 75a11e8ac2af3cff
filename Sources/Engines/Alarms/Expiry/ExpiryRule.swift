import Foundation
import Kernel
import Storage

/// A dated field of a ledger that is watched: how many days before somebody is told, who, and what makes it good. Source: requirements D2.5.8, D2.6.
package struct ExpiryRule: Sendable, Equatable, Codable {
    /// Of the row; 0 before it is kept.
    package var id: Int64 = 0
    /// Stable for what is declared.
    package var name: String
    /// `行驶证检验有效期`
    package var title: String
    package var ledger: String
    /// A day or a moment of it.
    package var field: String
    /// Days before the date at which somebody is told, each once: `[30, 7, 0]`. When the date has passed, everybody is told once more and an alarm is raised.
    package var stages: [Int]
    /// What is filled in when that which was planned for the date has been done; nil where only another date makes it good.
    package var doneField: String?
    /// As in `PushRule`.
    package var receivers: [String]
    package var raisesAlarm: Bool
    package var isOn: Bool
    /// Codes by code field of the ledger: only records with one of them are watched; nil all.
    package var only: [String: [String]]?

    private enum CodingKeys: String, CodingKey { case name, title, ledger, field, stages, doneField, receivers, raisesAlarm, isOn, only }

    package init(
        _ name: String, _ title: String, ledger: String, field: String, stages: [Int] = [30, 7, 0], doneField: String? = nil, receivers: [String] = [], raisesAlarm: Bool = true,
        isOn: Bool = true, only: [String: [String]]? = nil
    ) {
        self.name = name
        self.title = title
        self.ledger = ledger
        self.field = field
        self.stages = stages
        self.doneField = doneField
        self.receivers = receivers
        self.raisesAlarm = raisesAlarm
        self.isOn = isOn
        self.only = only
    }

    init(_ row: Row) throws {
        self = try JSONDecoder().decode(ExpiryRule.self, from: Data((row.text("body") ?? "").utf8))
        id = row.int("id") ?? 0
    }

    func json() throws -> String { String(decoding: try JSONEncoder().encode(self), as: UTF8.self) }

    /// Whether a record is one of those that are watched.
    func concerns(_ values: [String: SQLValue]) -> Bool {
        (only ?? [:]).allSatisfy { field, codes in values[field]?.text.map(codes.contains) ?? false }
    }

    /// The stage that a date stands in: the smallest of `stages` that is not less than the days left, -1 when it has passed; nil when there is time yet.
    package func stage(of due: Day, on today: Day) -> Int? {
        let left = due.daysSince1970 - today.daysSince1970
        return left < 0 ? -1 : stages.filter { $0 >= left }.min()
    }
}

/// One record whose date is near or has passed.
package struct ExpiryWarning: Sendable, Equatable {
    package var id: Int64
    package var rule: Int64
    package var ruleTitle: String
    package var ledger: String
    package var record: Int64
    package var title: String
    package var org: Int64?
    package var orgName: String
    package var area: String?
    package var due: Day
    /// As `ExpiryRule.stage`.
    package var stage: Int
    package var openedAt: Moment
    package var closedAt: Moment?
    /// Why it was closed.
    package var closedBy: String?

    static let columns: SQL = "id, rule, rule_title, ledger, record, title, org, org_name, area, due, stage, opened_at, closed_at, closed_by"

    init(_ row: Row) {
        id = row.int("id") ?? 0
        rule = row.int("rule") ?? 0
        ruleTitle = row.text("rule_title") ?? ""
        ledger = row.text("ledger") ?? ""
        record = row.int("record") ?? 0
        title = row.text("title") ?? ""
        org = row.int("org")
        orgName = row.text("org_name") ?? ""
        area = row.text("area")
        due = row.day("due") ?? Day(daysSince1970: 0)
        stage = Int(row.int("stage") ?? 0)
        openedAt = row.moment("opened_at") ?? Moment(milliseconds: 0)
        closedAt = row.moment("closed_at")
        closedBy = row.text("closed_by")
    }
}

/// Tables of expiry warnings.
enum ExpiryTables {
    static let all: [Table] = [rules, warnings]

    /// One row is one rule.
    static let rules = Table(
        "expiry_rules",
        columns: [Column("name", .text, required: true), Column("body", .text, required: true), Column("at", .integer, required: true), Column("by_name", .text, required: true)],
        indexes: [Index("name", unique: true)])

    /// One row is one record under one rule until it was made good; a later date is another row.
    static let warnings = Table(
        "expiry_warnings",
        columns: [
            Column("rule", .integer, required: true), Column("rule_title", .text, required: true), Column("ledger", .text, required: true),
            Column("record", .integer, required: true),
            Column("title", .text, required: true), Column("org", .integer), Column("org_name", .text, required: true), Column("area", .text),
            Column("due", .integer, required: true),
            Column("stage", .integer, required: true), Column("opened_at", .integer, required: true), Column("closed_at", .integer), Column("closed_by", .text),
        ],
        indexes: [
            Index("rule", "record", unique: true, where: "closed_at IS NULL"), Index("ledger", "record"), Index("due", where: "closed_at IS NULL"), Index("org", "id"),
            Index("area", "id"),
        ])
}
