import Alarms
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Identity
import Kernel
import NIOCore
import Storage
import Testing
import Web

@Suite("D9.7.4 历史曲线与瞬时超限")
struct CurveTests {
    static func curve(_ values: [Double], high: Double? = 50, low: Double? = nil, every seconds: Int64 = 60) -> AlarmCurve {
        AlarmCurve(
            "AT-101", unit: "ppm", samples: values.enumerated().map { AlarmCurve.Sample(AlarmFixture.start.adding(seconds: Int64($0.offset) * seconds), $0.element) }, high: high,
            low: low)
    }

    static let examples: [(values: [Double], finding: ExcursionFinding)] = [
        ([10, 60, 12, 11], .momentary(seconds: 60, peak: 60)), ([10, 60, 80, 70, 12], .over(seconds: 180, peak: 80)), ([10, 60, 80], .standing(seconds: 60, peak: 80)),
        ([10, 20, 30], .within), ([], .unknown), ([60, 10, 90, 20], .momentary(seconds: 60, peak: 60)),
    ]

    @Test("超限多久、恢复与否", arguments: examples)
    func judged(_ example: (values: [Double], finding: ExcursionFinding)) {
        #expect(ExcursionFinding.judge(Self.curve(example.values), at: AlarmFixture.start) == example.finding)
    }

    @Test func lowLimitsAndNoLimits() {
        #expect(ExcursionFinding.judge(Self.curve([9, 1, 8], high: nil, low: 3), at: AlarmFixture.start) == .momentary(seconds: 60, peak: 1))
        #expect(ExcursionFinding.judge(Self.curve([9, 1, 8], high: nil), at: AlarmFixture.start) == .unknown)
    }

    @Test func readingsAreKeptUpToABound() async throws {
        let desk = try await AlarmFixture()
        let readings = (0..<1200).map {
            PointReading(org: 1, area: "130102", subject: "AT-101", unit: "ppm", high: 50, at: AlarmFixture.start.adding(seconds: Int64($0 - 600)), value: Double($0 % 40))
        }
        try await desk.database.write { [engine = desk.engine] tx in
            try engine.keep(Array(readings.prefix(700)), in: tx)
            try engine.keep(Array(readings.suffix(600)), in: tx)
            _ = try engine.raise(AlarmFixture.signal("gasLimit", subject: "AT-101"), by: .system(), in: tx)
        }
        let counts = try await desk.database.read { try $0.rows("SELECT COUNT(*), MIN(at) FROM alarm_readings").map { [$0[0].int ?? 0, $0[1].int ?? 0] } }
        #expect(counts == [[1000, AlarmFixture.start.adding(seconds: -400).milliseconds]])
        let curve = try await desk.database.read { [engine = desk.engine] reader -> AlarmCurve? in
            let alarm = try engine.required(1, by: .system(), in: reader)
            return try engine.curve(of: alarm, by: .system(), in: reader)
        }
        #expect(curve?.samples.count == 1000 && curve?.high == 50 && curve?.unit == "ppm" && curve?.samples.last?.value == 39)
    }

    @Test func valuesComeOverTheInterfaceWithinTheSendersScope() async throws {
        try await AlarmPageTests().site { client, desk in
            try await desk.database.create([Table("organisations", columns: [Column("name", .text), Column("area", .text)])])
            try await desk.database.write { tx in
                for (id, area) in [(1, "130102"), (3, "130203")] { try tx.execute("INSERT INTO organisations (id, name, area) VALUES (\(id), 'x', \(area))") }
                _ = try desk.engine.raise(AlarmFixture.signal("gasLimit", subject: "AT-101"), by: .system(), in: tx)
            }
            let send = { (org: Int, values: [Double]) async throws -> HTTPResponse.Status in
                let items = values.enumerated().map {
                    "{\"org\":\(org),\"subject\":\"AT-101\",\"unit\":\"ppm\",\"high\":50,\"at\":\"\(AlarmFixture.start.adding(seconds: Int64($0.offset - 3) * 60).rfc3339)\",\"value\":\($0.element)}"
                }
                let body = "{\"readings\":[\(items.joined(separator: ","))]}"
                return try await client.execute(
                    uri: "/api/v1/alarm-readings", method: .post, headers: AlarmPageTests.headers("gauge", [.contentType: "application/json"]), body: ByteBuffer(string: body)
                ) { $0.status }
            }
            #expect(try await send(1, [10, 20, 66, 30, 20]) == .ok)
            #expect(try await send(3, [10]) == .unprocessableContent)
            #expect(try await send(9, [10]) == .unprocessableContent)
            let page = try await client.execute(uri: "/alarms/4/curve", method: .get, headers: AlarmPageTests.headers("city")) { String(buffer: $0.body) }
            #expect(page.contains("超限 60 秒后恢复") && page.contains("上限（ppm）") && page.contains("falseClass=momentary"))
        }
    }
}
