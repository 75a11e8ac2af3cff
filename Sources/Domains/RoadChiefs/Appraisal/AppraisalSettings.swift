import Storage

/// 考核参数 (B3.2.2, B3.2.3), as the register holds them.
package struct AppraisalSettings: Sendable, Equatable {
    package var base = 100.0
    package var monthlyRounds = 4
    package var reportMinutes = 60

    package init(base: Double = 100, monthlyRounds: Int = 4, reportMinutes: Int = 60) {
        self.base = base
        self.monthlyRounds = monthlyRounds
        self.reportMinutes = reportMinutes
    }

    static func load(_ reader: any Reader) throws -> AppraisalSettings {
        var settings = AppraisalSettings()
        for row in try reader.rows("SELECT code, value FROM road_parameter WHERE deleted_at IS NULL LIMIT 100") {
            guard let value = row.double("value") else { continue }
            switch row.text("code") {
            case "baseScore": settings.base = value
            case "monthlyRounds": settings.monthlyRounds = Int(value)
            case "reportMinutes": settings.reportMinutes = Int(value)
            default: break
            }
        }
        return settings
    }
}
