import Alarms
import Identity
import Kernel
import Rules
import Storage

/// A-18 时间规则（自定义规则）: a rule an administrator wrote over passes or alarms, with its draft, its published version and how far it has judged.
package struct OwnRule: Sendable, Equatable {
    /// What a version says.
    package struct Body: Sendable, Equatable {
        package var title: String
        package var rule: WatchRule
        package var grade: AlarmGrade
        /// As push rules write them: `role:city`, `user:12`.
        var receivers: [String]

        var json: JSONValue {
            ["title": .string(title), "rule": rule.json, "grade": .int(Int64(grade.rawValue)), "receivers": .array(receivers.map(JSONValue.string))]
        }

        init(title: String, rule: WatchRule, grade: AlarmGrade = .ordinary, receivers: [String] = []) {
            self.title = title
            self.rule = rule
            self.grade = grade
            self.receivers = receivers
        }

        init(_ text: String) throws {
            let json = try JSONValue(parsing: text)
            title = json["title"]?.string ?? ""
            rule = try WatchRule(json: json["rule"] ?? .null)
            grade = json["grade"]?.int.flatMap { AlarmGrade(rawValue: Int($0)) } ?? .ordinary
            receivers = (json["receivers"]?.array ?? []).compactMap(\.string)
        }
    }

    enum State: String, Sendable, CaseIterable {
        case draft, live, stopped
        /// Failed again and again and was set aside; the others go on.
        case failed

        var title: String {
            switch self {
            case .draft: "草稿"
            case .live: "运行中"
            case .stopped: "已停用"
            case .failed: "出错停用"
            }
        }
    }

    var id: Int64
    var stream: String
    var state: State
    var draft: Body
    /// The published one; nil before the first.
    var live: Body?
    var version: Int64
    /// Region prefixes the rule sees, those of whoever made it; empty everything.
    var areas: [String]
    /// Up to this record of its stream everything has been judged.
    var mark: Int64
    var fault: String?
    var faults: Int64
    var hits: Int64
    var updatedAt: Moment
    var updatedBy: String

    var isChanged: Bool { live.map { $0 != draft } ?? true }
    var scope: DataScope { areas.isEmpty ? .everything : .areas(areas) }

    /// Alarms of rules people wrote; grade and receivers are the rule's own.
    package static let alarmKind = AlarmKind("ownRule", "自定义规则报警", "Rule of one's own", grade: .ordinary, mergeWindow: 86_400)

    init(_ row: Row) throws {
        guard let id = row.int("id"), let state = row.text("state").flatMap(State.init(rawValue:)) else {
            throw Failure(.unexpected, "JW-M080", "自定义规则已损坏", cause: "own_rule.id = \(row.int("id") ?? 0)")
        }
        self.id = id
        self.state = state
        stream = row.text("stream") ?? ""
        draft = try Body(row.text("draft") ?? "{}")
        live = try row.text("live").map(Body.init)
        version = row.int("version") ?? 0
        areas = (row.text("areas") ?? "").split(separator: ",").map(String.init)
        mark = row.int("judged_to") ?? 0
        fault = row.text("fault")
        faults = row.int("faults") ?? 0
        hits = row.int("hits") ?? 0
        updatedAt = row.moment("updated_at") ?? Moment(milliseconds: 0)
        updatedBy = row.text("updated_by") ?? ""
    }

    /// One row is one rule, draft and published version beside each other.
    static let table = Table(
        "own_rule",
        columns: [
            Column("stream", .text, required: true), Column("state", .text, required: true), Column("draft", .text, required: true),
            Column("live", .text), Column("version", .integer, required: true, fallback: .int(0)), Column("areas", .text, required: true),
            Column("judged_to", .integer, required: true, fallback: .int(0)), Column("fault", .text), Column("faults", .integer, required: true, fallback: .int(0)),
            Column("hits", .integer, required: true, fallback: .int(0)), Column("updated_at", .integer, required: true), Column("updated_by", .text, required: true),
        ], indexes: [Index("state")])

    /// One row is one published version; never changed.
    static let versions = Table(
        "own_rule_version", key: ["rule", "version"],
        columns: [
            Column("rule", .integer, required: true), Column("version", .integer, required: true), Column("body", .text, required: true), Column("note", .text, required: true),
            Column("at", .integer, required: true), Column("by_name", .text, required: true),
        ], isClustered: true)

    /// Of all desks.
    package static let tables = [table, versions]
}
