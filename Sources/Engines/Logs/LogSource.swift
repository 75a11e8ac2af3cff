import Identity
import Kernel
import Storage

/// A machine, or a network of machines, whose logs are taken.
package struct LogSource: Sendable, Equatable {
    package var id: Int64
    package var name: String
    /// One address or a network such as `10.1.0.0/16`.
    package var address: String
    package var kind: LogSourceKind
    package var isOn: Bool
    package var note: String
    package var received: Int64
    package var lastAt: Moment?
    package var updatedAt: Moment
    package var updatedBy: String

    init(_ row: Row) {
        id = row.int("id") ?? 0
        name = row.text("name") ?? ""
        address = row.text("address") ?? ""
        kind = row.text("kind").flatMap(LogSourceKind.init) ?? .other
        isOn = row.text("state") == "on"
        note = row.text("note") ?? ""
        received = row.int("received") ?? 0
        lastAt = row.moment("last_at")
        updatedAt = row.moment("updated_at") ?? Moment(milliseconds: 0)
        updatedBy = row.text("updated_by") ?? ""
    }
}

/// What is to be done with lines, and how long they stay.
package struct LogSettings: Sendable, Equatable {
    /// Lines of nobody who is registered: refused, or kept as 未登记来源.
    package var keepsUnknown = false
    /// 等保三级: at least six months.
    package var keepDays = 186

    package static let days = 180...3650

    package init() {}

    init(json: JSONValue) {
        keepsUnknown = json["keepsUnknown"]?.bool ?? false
        keepDays = json["keepDays"]?.int.map { min(max(Int($0), Self.days.lowerBound), Self.days.upperBound) } ?? 186
    }

    var json: JSONValue { ["keepsUnknown": .bool(keepsUnknown), "keepDays": .int(Int64(keepDays))] }
}

/// Lines that were not taken: of one address on one day.
package struct LogRefusal: Sendable {
    package var address: String
    package var reason: String
    package var lines: Int64
    package var firstAt: Moment
    package var lastAt: Moment
    package var sample: String

    init(_ row: Row) {
        address = row.text("address") ?? ""
        reason = row.text("reason") ?? ""
        lines = row.int("lines") ?? 0
        firstAt = row.moment("first_at") ?? Moment(milliseconds: 0)
        lastAt = row.moment("last_at") ?? Moment(milliseconds: 0)
        sample = row.text("sample") ?? ""
    }

    package var reasonTitle: String { reason == "off" ? "来源已停用" : "未登记" }
}

/// Sources, rules and settings as the intake uses them, read together.
struct LogKnowledge: Sendable {
    var sources: [LogSource] = []
    var rules: [(rule: LogRule, reading: LogReading)] = []
    var settings = LogSettings()
    var readAt = Moment(milliseconds: 0)
    private var exact: [String: LogSource] = [:]
    private var networks: [(NetworkRange, LogSource)] = []

    init() {}

    init(_ reader: any Reader, at now: Moment) throws {
        sources = try reader.rows("SELECT * FROM log_sources ORDER BY id LIMIT \(LogEngine.mostSources)").map(LogSource.init)
        let stored = try reader.rows("SELECT * FROM log_rules WHERE state = 'on' ORDER BY position, id LIMIT \(LogEngine.mostRules)").map(LogRule.init)
        // What was valid when it was written is valid.
        rules = stored.compactMap { rule in (try? LogReading(rule.body)).map { (rule, $0) } }
        if let text = try reader.value("SELECT value FROM log_settings WHERE name = 'settings'")?.text, let json = try? JSONValue(parsing: text) {
            settings = LogSettings(json: json)
        }
        readAt = now
        for source in sources {
            if source.address.contains("/"), let network = NetworkRange(source.address) { networks.append((network, source)) } else { exact[source.address] = source }
        }
    }

    func source(of address: String) -> LogSource? { exact[address] ?? networks.first { $0.0.contains(address) }?.1 }
}
