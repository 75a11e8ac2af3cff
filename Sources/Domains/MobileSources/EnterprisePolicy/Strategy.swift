import Kernel

/// A control strategy ready to judge with: what `ControlStrategy` rows say, read once.
package struct Strategy: Sendable, Equatable {
    package var id: Int64
    package var version: Int64
    package var name: String
    package var level: WarningLevel
    package var enterprise: Int64?
    package var industry: String?
    package var county: String?
    package var grades: Set<String>
    package var stopsAll: Bool
    package var minimumStage: EmissionStage?
    package var bannedFuels: Set<String>
    package var groups: Set<VehicleGroup>
    package var allowsNewEnergy: Bool
    package var dailyTripCap: Int?
    package var dailyTonnesCap: Double?
    package var windows: [TimeWindow]
    package var exemptClasses: Set<String>
    package var exemptPlates: Set<String>
    package var validFrom: Moment?
    package var validTo: Moment?
    package var measures: String

    package init(
        id: Int64, version: Int64, name: String, level: WarningLevel, enterprise: Int64? = nil, industry: String? = nil, county: String? = nil, grades: Set<String> = [],
        stopsAll: Bool = false,
        minimumStage: EmissionStage? = nil, bannedFuels: Set<String> = [], groups: Set<VehicleGroup> = [], allowsNewEnergy: Bool = true, dailyTripCap: Int? = nil,
        dailyTonnesCap: Double? = nil, windows: [TimeWindow] = [], exemptClasses: Set<String> = [], exemptPlates: Set<String> = [], validFrom: Moment? = nil,
        validTo: Moment? = nil, measures: String = ""
    ) {
        self.id = id
        self.version = version
        self.name = name
        self.level = level
        self.enterprise = enterprise
        self.industry = industry
        self.county = county
        self.grades = grades
        self.stopsAll = stopsAll
        self.minimumStage = minimumStage
        self.bannedFuels = bannedFuels
        self.groups = groups.isEmpty ? [.heavy, .medium] : groups
        self.allowsNewEnergy = allowsNewEnergy
        self.dailyTripCap = dailyTripCap
        self.dailyTonnesCap = dailyTonnesCap
        self.windows = windows
        self.exemptClasses = exemptClasses
        self.exemptPlates = exemptPlates
        self.validFrom = validFrom
        self.validTo = validTo
        self.measures = measures
    }

    /// How closely this strategy is meant for one enterprise; of several that fit, the largest wins, then the newest.
    package var specificity: Int { (enterprise != nil ? 16 : 0) + (industry != nil ? 4 : 0) + (county != nil ? 2 : 0) + (grades.isEmpty ? 0 : 1) }

    package func fits(_ site: EnterpriseFacts, at moment: Moment) -> Bool {
        if let enterprise, enterprise != site.ledgerId { return false }
        if let industry, industry != site.industry { return false }
        if let county, county != site.county { return false }
        if !grades.isEmpty, !grades.contains(site.grade) { return false }
        if let validFrom, moment < validFrom { return false }
        if let validTo, moment >= validTo { return false }
        return true
    }
}

/// What the judging needs to know of an enterprise.
package struct EnterpriseFacts: Sendable, Equatable {
    package var ledgerId: Int64
    package var org: Int64
    package var code: String
    package var name: String
    package var county: String
    package var industry: String
    package var grade: String
    package var isConnected: Bool
    /// Vehicles are let in by authorisation only.
    package var needsAuthorisation: Bool

    package init(
        ledgerId: Int64, org: Int64, code: String, name: String, county: String, industry: String, grade: String, isConnected: Bool = true, needsAuthorisation: Bool = false
    ) {
        self.ledgerId = ledgerId
        self.org = org
        self.code = code
        self.name = name
        self.county = county
        self.industry = industry
        self.grade = grade
        self.isConnected = isConnected
        self.needsAuthorisation = needsAuthorisation
    }
}

/// `07:00-09:00` of each day in Asia/Shanghai; `22:00-06:00` runs over midnight.
package struct TimeWindow: Sendable, Equatable {
    package var from: Int
    package var to: Int

    package init(from: Int, to: Int) {
        self.from = from
        self.to = to
    }

    package func contains(minuteOfDay minute: Int) -> Bool { from <= to ? minute >= from && minute < to : minute >= from || minute < to }

    package var text: String { "\(clock(from))-\(clock(to))" }

    /// `07:00-09:00,17:00-20:00`.
    ///
    /// - Returns: nil when any part is not a window.
    package static func parse(_ text: String) -> [TimeWindow]? {
        let parts = text.split { ",，;； \n".contains($0) }
        let windows = parts.compactMap { part -> TimeWindow? in
            let ends = part.split(separator: "-")
            guard ends.count == 2, let from = minutes(ends[0]), let to = minutes(ends[1]), from != to else { return nil }
            return TimeWindow(from: from, to: to)
        }
        return windows.count == parts.count ? windows : nil
    }
}

private func minutes(_ text: Substring) -> Int? {
    let parts = text.split(whereSeparator: { $0 == ":" || $0 == "：" })
    guard parts.count == 2, let hour = Int(parts[0]), let minute = Int(parts[1]), (0...24).contains(hour), (0...59).contains(minute), hour * 60 + minute <= 1440 else { return nil }
    return hour * 60 + minute
}

private func clock(_ minutes: Int) -> String { (minutes < 600 ? "0" : "") + "\(minutes / 60):" + (minutes % 60 < 10 ? "0" : "") + "\(minutes % 60)" }

/// The groups of vehicles that control rules speak of (plates-and-codes.md §3).
package enum VehicleGroup: String, Sendable, CaseIterable {
    case heavy, medium, light, passenger, other

    /// - Parameters:
    ///   - type: GA/T 16.4 code; nil or X99 when not known.
    ///   - color: tells a large vehicle from a small one where the type is not known: yellow and yellow-green plates are large vehicles'.
    package init(type: String?, color: PlateColor?) {
        if let type, type != "X99", !type.isEmpty {
            let code = VehicleTypeCode(normalizing: type)
            if code.isHeavyGoods || code.isTrailer {
                self = .heavy
            } else if code.isPassenger {
                self = .passenger
            } else if code.code.hasPrefix("H") || code.code.hasPrefix("Q") {
                self = code.size == .medium ? .medium : .light
            } else {
                self = .other
            }
        } else {
            self = color == .yellow || color == .yellowGreen ? .heavy : .other
        }
    }

    package var title: String { GateCodes.vehicleGroup.title(of: rawValue) }
}
