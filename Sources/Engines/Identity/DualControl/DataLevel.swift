import Kernel
import Storage
import Synchronization

/// How much harm a data asset does in the wrong hands: the one vocabulary of ledgers, their fields and data services (B5.1.6).
package enum DataLevel: String, Sendable, CaseIterable, Comparable {
    case open, inner, sensitive, core

    package var title: String {
        switch self {
        case .open: "公开"
        case .inner: "内部"
        case .sensitive: "敏感"
        case .core: "核心"
        }
    }

    private var rank: Int {
        switch self {
        case .open: 0
        case .inner: 1
        case .sensitive: 2
        case .core: 3
        }
    }

    package static func < (a: DataLevel, b: DataLevel) -> Bool { a.rank < b.rank }
}

/// Which flow a scene takes at which level, and which level an administrator gave to an asset.
package struct DataLevelPlan: Sendable, Equatable {
    /// `internalVehicle`, `internalVehicle.phone` → level; what does not stand here has the level that follows from its declaration.
    package var assets: [String: DataLevel] = [:]
    /// Of an act at the door: how many other people it waits for; what does not stand here follows the act's own rule.
    package var votes: [String: [DataLevel: Int]] = [:]
    /// Of a scene with cases: the workflow by name; what does not stand here takes the scene's own.
    package var workflows: [String: [DataLevel: String]] = [:]

    package init() {}

    init(_ json: JSONValue) {
        func members(_ value: JSONValue?) -> [(name: String, value: JSONValue)] { value?.object?.members ?? [] }
        for (name, value) in members(json["assets"]) { assets[name] = value.string.flatMap(DataLevel.init) }
        for (scene, levels) in members(json["votes"]) {
            for (level, count) in members(levels) { if let level = DataLevel(rawValue: level), let count = count.int { votes[scene, default: [:]][level] = Int(count) } }
        }
        for (scene, levels) in members(json["workflows"]) {
            for (level, name) in members(levels) { if let level = DataLevel(rawValue: level), let name = name.string { workflows[scene, default: [:]][level] = name } }
        }
    }

    var json: JSONValue {
        func levels<Value>(_ all: [DataLevel: Value], _ write: (Value) -> JSONValue) -> JSONValue {
            .object(JSONObject(DataLevel.allCases.compactMap { level in all[level].map { (name: level.rawValue, value: write($0)) } }))
        }
        return [
            "assets": .object(JSONObject(assets.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value.rawValue)) })),
            "votes": .object(JSONObject(votes.sorted { $0.key < $1.key }.map { one in (one.key, levels(one.value) { .int(Int64($0)) }) })),
            "workflows": .object(JSONObject(workflows.sorted { $0.key < $1.key }.map { one in (one.key, levels(one.value) { .string($0) }) })),
        ]
    }

    /// The level of a ledger, or of some of its fields: what was given to it counts, else what its fields are; the highest of all.
    ///
    /// - Parameters:
    ///   - fields: those that are touched.
    ///   - personal: those of them that hold personal data.
    package func level(of ledger: String, fields: [String], personal: Set<String>) -> DataLevel {
        let given = assets[ledger]
        let parts = fields.map { field in assets["\(ledger).\(field)"] ?? (given == nil && personal.contains(field) ? .sensitive : .open) }
        return ([given ?? .inner] + parts).max() ?? .inner
    }
}

/// The plan in force, in memory, kept among the settings of identity.
package final class DataLevelBook: Sendable {
    private let plan = Mutex(DataLevelPlan())
    private static let setting = "dataLevels"

    init() {}

    package var current: DataLevelPlan { plan.withLock { $0 } }

    func load(_ reader: any Reader) throws {
        guard let text = try reader.value("SELECT value FROM identity_settings WHERE name = \(Self.setting)")?.text else { return }
        let stored = DataLevelPlan(try JSONValue(parsing: text))
        plan.withLock { $0 = stored }
    }

    func keep(_ new: DataLevelPlan, at now: Moment, by user: Int64, in tx: any Transaction) throws {
        try tx.execute(
            """
            INSERT INTO identity_settings (name, value, updated_at, updated_by) VALUES (\(Self.setting), \(new.json.text), \(now), \(user))
            ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at, updated_by = excluded.updated_by
            """)
        tx.afterCommit { [self] in plan.withLock { $0 = new } }
    }
}
