import Features
import Foundation
import Identity
import Kernel
import Ledgers
import Logging
import Points
import ServiceLifecycle
import Storage

/// Devices and points of the demonstration, and a source that lets them live: sixty points of six enterprises, each with a day of history, a value every five seconds, now and then one beyond its limits or silent.
/// All marked 演示.
struct DemoPoints: Sendable {
    let platform: Platform
    private static let writer = Principal.system("演示城市")

    private struct Sort {
        let suffix: String, title: String, kind: PointKind, unit: String, substance: String, values: [String: JSONValue]
    }

    private static let gases: [Sort] = [
        Sort(suffix: "GT1", title: "可燃气体", kind: .combustible, unit: "%LEL", substance: "甲烷", values: ["rangeLow": 0, "rangeHigh": 100, "places": 1]),
        Sort(suffix: "GT2", title: "可燃气体", kind: .combustible, unit: "%LEL", substance: "氢气", values: ["rangeLow": 0, "rangeHigh": 100, "places": 1]),
        Sort(
            suffix: "AT1", title: "氯气", kind: .toxic, unit: "mg/m³", substance: "氯气", values: ["rangeLow": 0, "rangeHigh": 10, "high": 1, "highHigh": 2, "band": 0.1, "places": 2]),
    ]
    private static let process: [Sort] = [
        Sort(
            suffix: "TI1", title: "温度", kind: .temperature, unit: "℃", substance: "",
            values: ["rangeLow": 0, "rangeHigh": 200, "low": 40, "high": 95, "highHigh": 110, "band": 2, "rate": 60, "places": 1]),
        Sort(
            suffix: "PI1", title: "压力", kind: .pressure, unit: "MPa", substance: "",
            values: ["rangeLow": 0, "rangeHigh": 2.5, "high": 1.2, "highHigh": 1.5, "band": 0.05, "places": 3]),
        Sort(
            suffix: "LI1", title: "液位", kind: .level, unit: "m", substance: "",
            values: ["rangeLow": 0, "rangeHigh": 12, "lowLow": 0.8, "low": 1.5, "high": 10, "highHigh": 11, "band": 0.1, "places": 2]),
        Sort(suffix: "FI1", title: "进料流量", kind: .flow, unit: "m³/h", substance: "", values: ["rangeLow": 0, "rangeHigh": 80, "places": 1]),
    ]
    private static let places = [("合成装置（演示）", "反应釜", "工艺区"), ("液氯储罐区（演示）", "储罐", "罐区"), ("装卸站（演示）", "鹤管", "装卸区")]

    func install() async throws {
        let sites = try await platform.database.read { reader in
            try reader.rows("SELECT id FROM organisations WHERE kind = 'enterprise' ORDER BY id LIMIT 6").map { $0.int("id") ?? 0 }
        }
        try await platform.database.write { [self] tx in
            for (index, org) in sites.enumerated() { try install(site: index, org: org, in: tx) }
        }
    }

    private func install(site: Int, org: Int64, in tx: any Transaction) throws {
        for (place, (plant, device, zone)) in Self.places.enumerated() {
            let code = "S\(site + 1)-\(place + 1)01"
            let made = try platform.ledgers.create(
                MonitoringDevice.ledger.name,
                Draft(
                    [
                        "name": .string("\(place + 1)01 号\(device)（演示）"), "code": .string(code), "deviceClass": "01", "plant": .string(plant), "zone": .string(zone),
                        "installedOn": "2024-05-01",
                    ],
                    org: org), by: Self.writer, origin: .program, in: tx)
            let sorts = place == 0 ? [Self.gases[0]] + Self.process : place == 1 ? [Self.gases[1], Self.gases[2], Self.process[2]] : [Self.gases[0], Self.process[1]]
            for sort in sorts {
                var values = sort.values
                values["code"] = .string("\(code)-\(sort.suffix)")
                values["name"] = .string("\(place + 1)01 号\(device)\(sort.title)（演示）")
                values["device"] = .int(made.id)
                values["kind"] = .string(sort.kind.rawValue)
                values["unit"] = .string(sort.unit)
                if !sort.substance.isEmpty { values["substance"] = .string(sort.substance) }
                values["unitClass"] = place == 1 ? "majorHazard" : place == 0 ? "hazardousProcess" : "ordinaryProcess"
                values["period"] = 5
                values["offlineAfter"] = 120
                values["keepDays"] = 90
                _ = try platform.ledgers.create(MonitoringPoint.ledger.name, Draft(values, org: org), by: Self.writer, origin: .program, in: tx)
            }
            guard place == 0 else { continue }
            let running: [String: JSONValue] = [
                "code": .string("\(code)-RUN"), "name": "101 号反应釜运行状态（演示）", "device": .int(made.id), "kind": "state", "places": 0, "period": 5, "offlineAfter": 0, "keepDays": 90,
                "formula": .string("and({\(code)-FI1} > 5, {\(code)-TI1} > 50)"),
            ]
            _ = try platform.ledgers.create(MonitoringPoint.ledger.name, Draft(running, org: org), by: Self.writer, origin: .program, in: tx)
        }
    }
}

/// The living source: what a data logger of the park would send.
struct DemoPointFeed: Service {
    let platform: Platform
    let logger: Logger
    private static let source = "演示数采网关"

    func run() async throws {
        do {
            try await cancelWhenGracefulShutdown {
                try await Task.sleep(for: .seconds(2))
                try await history()
                while !Task.isCancelled {
                    do { try await beat() } catch { if !Task.isCancelled { logger.notice("demo points not sent", metadata: ["error": "\(error)"]) } }
                    try await Task.sleep(for: .seconds(5))
                }
            }
        } catch is CancellationError {} catch { logger.warning("demo points ended", metadata: ["error": "\(error)"]) }
        try? await gracefulShutdown()
    }

    /// A day before the first start.
    private func history() async throws {
        let points = try await points()
        let known = try await platform.database.read { try $0.first("SELECT 1 FROM point_blocks LIMIT 1") != nil }
        guard !known else { return }
        let now = platform.clock.now.milliseconds / 5000 * 5000
        for point in points {
            // The last two hours closer.
            let coarse: [Int64] = (0..<2640).map { (step: Int64) -> Int64 in now - 7_200_000 - (2640 - step) * 30_000 }
            let fine: [Int64] = (0..<720).map { (step: Int64) -> Int64 in now - (720 - step) * 10_000 }
            let steps = coarse + fine
            let samples = steps.map { PointSample(Moment(milliseconds: $0), DemoCurve(point).value(Moment(milliseconds: $0))) }
            try await platform.points.keepHistory(samples, of: point)
            try await Task.sleep(for: .milliseconds(20))
        }
        logger.info("demo: a day of values installed", metadata: ["points": "\(points.count)"])
    }

    private func points() async throws -> [PointDefinition] { try await platform.points.registry().all.filter { $0.name.hasSuffix("（演示）") && $0.formula.isEmpty } }

    private func beat() async throws {
        let at = Moment(milliseconds: platform.clock.now.milliseconds / 5000 * 5000)
        let reports = try await points().compactMap { point -> PointReport? in
            let curve = DemoCurve(point)
            return curve.isSilent(at) ? nil : PointReport(point.code, PointSample(at, curve.value(at)))
        }
        guard !reports.isEmpty else { return }
        _ = try await platform.points.append(reports, source: Self.source, by: .system(Self.source))
    }
}

/// What a point of the demonstration would measure at a moment: always the same for the same moment.
private struct DemoCurve {
    let point: PointDefinition

    init(_ point: PointDefinition) { self.point = point }

    private func chance(_ slot: Int64, _ stream: UInt64) -> Double {
        var random = DemoRandom(UInt64(bitPattern: slot &* 2_654_435_761 &+ point.id &* 40_503), stream: stream)
        return random.unit()
    }

    /// Base, daily swing, quick swing, noise.
    private var shape: (base: Double, day: Double, quick: Double, noise: Double) {
        switch point.kind {
        case .combustible: (2.2, 0.8, 0.5, 0.4)
        case .toxic: (0.12, 0.05, 0.03, 0.03)
        case .temperature: (72, 6, 2.5, 0.4)
        case .pressure: (0.82, 0.05, 0.03, 0.006)
        case .level: (5.5, 2.4, 0.15, 0.02)
        case .flow: (36, 5, 2, 0.6)
        default: (10, 1, 0.5, 0.1)
        }
    }

    func value(_ at: Moment) -> Double {
        let seconds = Double(at.milliseconds) / 1000, shape = shape, phase = Double(point.id % 17) / 17 * 6.283
        var value = shape.base * (0.9 + Double(point.id % 5) * 0.05) + shape.day * sin(seconds / 86_400 * 6.283 + phase) + shape.quick * sin(seconds / 1900 * 6.283 + phase * 3)
        value += (chance(at.milliseconds / 5000, 3) + chance(at.milliseconds / 5000, 4) - 1) * shape.noise
        value += bump(seconds)
        let scale = pow(10.0, Double(point.places))
        return (max(point.rangeLow ?? -1e9, min(value, point.rangeHigh ?? 1e9)) * scale).rounded() / scale
    }

    /// In one of some forty spans of ten minutes a point rises beyond its limit for one to four minutes.
    private func bump(_ seconds: Double) -> Double {
        guard let high = point.limits.high else { return 0 }
        let slot = Int64(seconds / 600), drawn = chance(slot, 1)
        guard drawn < 0.025 else { return 0 }
        let top = chance(slot, 2) < 0.35 ? (point.limits.highHigh ?? high) * 1.06 : high * 1.12
        let width = 40 + 80 * chance(slot, 5), middle = 150 + 300 * chance(slot, 6)
        let distance = (seconds - Double(slot) * 600 - middle) / width
        return (top - shape.base) * exp(-distance * distance * 2)
    }

    /// In one of three hundred spans of ten minutes a point says nothing for five.
    func isSilent(_ at: Moment) -> Bool {
        let slot = at.milliseconds / 600_000
        return chance(slot, 7) < 0.0035 && at.milliseconds % 600_000 < 300_000
    }
}
