import Alarms
import Kernel
import Storage

/// What a point measures; decides how its alarms are called and where its limits come from.
package enum PointKind: String, Sendable, CaseIterable {
    case combustible, toxic, oxygen, temperature, pressure, level, flow, humidity, liquidLeak, state, other

    package var title: String {
        switch self {
        case .combustible: "可燃气体"
        case .toxic: "有毒气体"
        case .oxygen: "氧气"
        case .temperature: "温度"
        case .pressure: "压力"
        case .level: "液位"
        case .flow: "流量"
        case .humidity: "湿度"
        case .liquidLeak: "漏水"
        case .state: "开关状态"
        case .other: "其他"
        }
    }

    package var titleEN: String {
        switch self {
        case .combustible: "Combustible gas"
        case .toxic: "Toxic gas"
        case .oxygen: "Oxygen"
        case .temperature: "Temperature"
        case .pressure: "Pressure"
        case .level: "Level"
        case .flow: "Flow"
        case .humidity: "Humidity"
        case .liquidLeak: "Water leak"
        case .state: "State"
        case .other: "Other"
        }
    }

    package var isGas: Bool { self == .combustible || self == .toxic || self == .oxygen }

    /// Limits where nobody set any. GB/T 50493-2019 §5.5.2: combustible gas, first stage at most 25 %LEL, second at most 50 %LEL; oxygen deficiency first 19.5 %VOL, second 18 %VOL, excess 23.5 %VOL.
    /// Toxic gas is set by its own exposure limit (first 100 %OEL, second 200 %OEL), so only a point in %OEL has a preset.
    package func preset(unit: String) -> PointLimits {
        switch (self, unit) {
        case (.combustible, "%LEL"): PointLimits(high: 25, highHigh: 50, band: 2)
        case (.toxic, "%OEL"): PointLimits(high: 100, highHigh: 200, band: 5)
        case (.oxygen, "%VOL"): PointLimits(lowLow: 18, low: 19.5, high: 23.5, band: 0.2)
        default: PointLimits()
        }
    }
}

/// Where a value becomes an alarm; nil where there is no such limit.
package struct PointLimits: Sendable, Equatable {
    package var lowLow: Double?
    package var low: Double?
    package var high: Double?
    package var highHigh: Double?
    /// Most change in a minute, either way.
    package var rate: Double?
    /// Seconds that a value must stay beyond a limit.
    package var delay: Int64
    /// How far a value must come back before it counts as back.
    package var band: Double

    package init(lowLow: Double? = nil, low: Double? = nil, high: Double? = nil, highHigh: Double? = nil, rate: Double? = nil, delay: Int64 = 0, band: Double = 0) {
        self.lowLow = lowLow
        self.low = low
        self.high = high
        self.highHigh = highHigh
        self.rate = rate
        self.delay = delay
        self.band = band
    }

    package var isEmpty: Bool { lowLow == nil && low == nil && high == nil && highHigh == nil && rate == nil }

    /// Nil where they are in order, otherwise what is wrong.
    package var disorder: String? {
        let order = [lowLow, low, high, highHigh].compactMap { $0 }
        guard zip(order, order.dropFirst()).allSatisfy({ $0 < $1 }) else { return "应满足 低低报 < 低报 < 高报 < 高高报" }
        return band < 0 ? "回差不能为负" : nil
    }
}

/// Whether a point's values are judged now.
package enum PointUse: String, Sendable, CaseIterable {
    case inUse, disused, maintenance, testing

    package var title: String {
        switch self {
        case .inUse: "在用"
        case .disused: "停用"
        case .maintenance: "检修"
        case .testing: "测试"
        }
    }
}

/// One point as the engine uses it: its row of the ledger 监测点, read once and kept in memory.
package struct PointDefinition: Sendable, Equatable {
    package var id: Int64
    package var org: Int64?
    package var orgName: String
    package var area: String?
    package var code: String
    package var name: String
    package var device: Int64?
    package var deviceName: String
    /// 装置或单元 and 区域 of its device.
    package var plant: String
    package var zone: String
    package var kind: PointKind
    package var unit: String
    package var substance: String
    package var rangeLow: Double?
    package var rangeHigh: Double?
    /// Places after the decimal point, for showing.
    package var places: Int
    /// Seconds between values as they are expected.
    package var period: Int64
    /// Values that the line between their neighbours tells within so much are not kept; 0 keeps all.
    package var deviation: Double
    package var limits: PointLimits
    /// Seconds without a value after which it is off-line; 0 never.
    package var offlineAfter: Int64
    package var use: PointUse
    /// When a pause ends by itself; nil stays.
    package var useUntil: Moment?
    /// `majorHazard` and the like, for grading.
    package var unitClass: String?
    package var keepDays: Int
    /// Its values follow from those of others and are not sent; empty: they are measured.
    package var formula: String

    /// Paused periods end by themselves.
    package func use(at now: Moment) -> PointUse { useUntil.map { now >= $0 } ?? false ? .inUse : use }

    package func isJudged(at now: Moment) -> Bool { use(at: now) == .inUse }

    /// `12.30 %LEL`
    package func shown(_ value: Double?) -> String {
        guard let value else { return "—" }
        return PointFigure.text(value, places: places) + (unit.isEmpty ? "" : " \(unit)")
    }
}

extension PointDefinition {
    /// All points with what is shown of their devices and owners.
    static let query: SQL = """
        SELECT p.*, d.name AS device_name, d.plant AS device_plant, d.zone AS device_zone, o.name AS org_name FROM monitoring_point p \
        LEFT JOIN monitoring_device d ON d.id = p.device LEFT JOIN organisations o ON o.id = p.org WHERE p.deleted_at IS NULL ORDER BY p.id
        """

    init(_ row: Row) {
        let kind = row.text("kind").flatMap(PointKind.init) ?? .other
        let unit = row.text("unit") ?? ""
        var limits = PointLimits(
            lowLow: row.double("low_low"), low: row.double("low"), high: row.double("high"), highHigh: row.double("high_high"), rate: row.double("rate"),
            delay: row.int("delay") ?? 0, band: row.double("band") ?? 0)
        if limits.isEmpty {
            let delay = limits.delay
            limits = kind.preset(unit: unit)
            limits.delay = delay
        }
        self.init(
            id: row.int("id") ?? 0, org: row.int("org"), orgName: row.text("org_name") ?? "", area: row.text("area"), code: row.text("code") ?? "", name: row.text("name") ?? "",
            device: row.int("device"), deviceName: row.text("device_name") ?? "", plant: row.text("device_plant") ?? "", zone: row.text("device_zone") ?? "", kind: kind,
            unit: unit,
            substance: row.text("substance") ?? "", rangeLow: row.double("range_low"), rangeHigh: row.double("range_high"), places: Int(row.int("places") ?? 2),
            period: row.int("period") ?? 60, deviation: row.double("deviation") ?? 0, limits: limits, offlineAfter: row.int("offline_after") ?? 300,
            use: row.text("use_state").flatMap(PointUse.init) ?? .inUse, useUntil: row.moment("use_until"), unitClass: row.text("unit_class"),
            keepDays: Int(row.int("keep_days") ?? 730), formula: row.text("formula") ?? "")
    }
}

/// A point whose values follow from others.
struct ComputedPoint: Sendable {
    var point: PointDefinition
    var formula: PointFormula
    /// Numbers of the points it asks for, by their codes.
    var inputs: [String: Int64]
}

/// Every point of the installation, by number and by code; replaced as a whole.
package struct PointRegistry: Sendable {
    package private(set) var all: [PointDefinition] = []
    private(set) var places: [Int64: Int] = [:]
    private var codes: [String: Int] = [:]
    /// What is computed of each point; only points of one enterprise, and none that is computed itself.
    private(set) var computed: [Int64: [ComputedPoint]] = [:]

    package init(_ points: [PointDefinition] = []) {
        all = points
        places = Dictionary(points.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        codes = Dictionary(points.enumerated().map { ($1.code, $0) }, uniquingKeysWith: { first, _ in first })
        for point in points where !point.formula.isEmpty {
            // What was valid when it was written is valid.
            guard let formula = try? PointFormula(point.formula) else { continue }
            let inputs = formula.codes.compactMap { code in self.point(code: code) }.filter { $0.org == point.org && $0.formula.isEmpty }
            guard inputs.count == formula.codes.count else { continue }
            let one = ComputedPoint(point: point, formula: formula, inputs: Dictionary(inputs.map { ($0.code, $0.id) }, uniquingKeysWith: { first, _ in first }))
            for input in inputs { computed[input.id, default: []].append(one) }
        }
    }

    package subscript(id: Int64) -> PointDefinition? { places[id].map { all[$0] } }
    package func point(code: String) -> PointDefinition? { codes[code].map { all[$0] } }
}
