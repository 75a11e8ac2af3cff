import Kernel
import Storage

/// Every version of every strategy as it was, so that a verdict of years ago can be told with the strategy of that day.
enum StrategyVersions {
    /// One row a version; written by every change of the ledger, never changed.
    static let table = Table(
        "strategy_version", key: ["id", "version"],
        columns: [
            Column("id", .integer, required: true), Column("version", .integer, required: true), Column("body", .text, required: true),
            Column("recorded_at", .integer, required: true),
        ], isClustered: true)

    static func keep(_ strategy: Strategy, now: Moment, in tx: any Transaction) throws {
        try tx.execute(
            "INSERT INTO strategy_version (id, version, body, recorded_at) VALUES (\(strategy.id), \(strategy.version), \(strategy.json.text), \(now)) ON CONFLICT DO NOTHING")
    }

    /// - Returns: nil when that version was never kept.
    static func find(_ id: Int64, version: Int64, in reader: any Reader) throws -> Strategy? {
        if let body = try reader.value("SELECT body FROM strategy_version WHERE id = \(id) AND version = \(version)")?.text { return Strategy(json: try JSONValue(parsing: body)) }
        return try reader.first("SELECT * FROM control_strategy WHERE id = \(id) AND strategy_version = \(version)").flatMap { Strategy(row: $0) }
    }
}

extension Strategy {
    var json: JSONValue {
        [
            "id": .int(id), "version": .int(version), "name": .string(name), "level": .string(level.rawValue), "enterprise": JSONValue(enterprise), "industry": JSONValue(industry),
            "county": JSONValue(county),
            "grades": Strategy.list(grades), "stopsAll": .bool(stopsAll), "minimumStage": JSONValue(minimumStage?.rawValue), "bannedFuels": Strategy.list(bannedFuels),
            "groups": Strategy.list(Set(groups.map(\.rawValue))), "allowsNewEnergy": .bool(allowsNewEnergy), "dailyTripCap": JSONValue(dailyTripCap),
            "dailyTonnesCap": JSONValue(dailyTonnesCap),
            "windows": .string(windows.map(\.text).joined(separator: ",")), "exemptClasses": Strategy.list(exemptClasses), "exemptPlates": Strategy.list(exemptPlates),
            "validFrom": JSONValue(validFrom?.milliseconds), "validTo": JSONValue(validTo?.milliseconds), "measures": .string(measures),
        ]
    }

    init?(json: JSONValue) {
        guard let id = json["id"]?.int, let version = json["version"]?.int, let level = json["level"]?.string.flatMap(WarningLevel.init(rawValue:)) else { return nil }
        func texts(_ name: String) -> Set<String> { Set((json[name]?.array ?? []).compactMap(\.string)) }
        self.init(
            id: id, version: version, name: json["name"]?.string ?? "", level: level, enterprise: json["enterprise"]?.int, industry: json["industry"]?.string,
            county: json["county"]?.string,
            grades: texts("grades"), stopsAll: json["stopsAll"]?.bool ?? false, minimumStage: json["minimumStage"]?.string.flatMap(EmissionStage.init(rawValue:)),
            bannedFuels: texts("bannedFuels"),
            groups: Set(texts("groups").compactMap(VehicleGroup.init(rawValue:))), allowsNewEnergy: json["allowsNewEnergy"]?.bool ?? true,
            dailyTripCap: json["dailyTripCap"]?.int.map { Int($0) },
            dailyTonnesCap: json["dailyTonnesCap"]?.double, windows: TimeWindow.parse(json["windows"]?.string ?? "") ?? [], exemptClasses: texts("exemptClasses"),
            exemptPlates: texts("exemptPlates"),
            validFrom: json["validFrom"]?.int.map { Moment(milliseconds: $0) }, validTo: json["validTo"]?.int.map { Moment(milliseconds: $0) },
            measures: json["measures"]?.string ?? "")
    }

    private static func list(_ texts: Set<String>) -> JSONValue { .array(texts.sorted().map(JSONValue.string)) }
}
