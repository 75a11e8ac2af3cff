import Features
import Hummingbird
import HummingbirdTesting
import Kernel
import Storage
import Synchronization
import Testing
import Web

@Suite("D0.3.1 D0.3.2 D0.3.4 服务质量：分类、计量、时限、可用率、报警")
struct ServiceQualityTests {
    private typealias House = AdministrationPagesTests

    @Test(
        "请求归类",
        arguments: [
            ("GET", "/", "interaction"), ("GET", "/ledgers/enterprise", "interaction"), ("POST", "/ledgers/enterprise/new", "interaction"),
            ("GET", "/ledgers/enterprise?page=2&sort=-name", "interaction"), ("GET", "/passes?plate=x", "simpleQuery"), ("GET", "/passes?plate=x&stage=", "simpleQuery"),
            ("GET", "/passes?plate=x&stage=6&county=130102", "complexQuery"), ("GET", "/search?q=x", "complexQuery"), ("GET", "/maps/features", "geoQuery"),
            ("GET", "/statistics?county=1", "onlineAnalysis"), ("GET", "/alarm-analysis", "onlineAnalysis"), ("GET", "/ledgers/enterprise/export", "statisticReport"),
            ("POST", "/reports/3/runs", "statisticReport"), ("POST", "/api/v1/enterprise", "staticTransfer"), ("GET", "/api/v1/enterprise?name=x", "simpleQuery"),
            ("GET", "/live/alarms", nil), ("GET", "/photos/1", nil),
        ] as [(String, String, String?)])
    func kinds(method: String, address: String, kind: String?) {
        let parts = address.split(separator: "?").map(String.init)
        let query = parts.count == 1 ? [] : parts[1].split(separator: "&").map { PageAddress.QueryItem(String($0.prefix { $0 != "=" }), String($0.drop { $0 != "=" }.dropFirst())) }
        #expect(ServiceKind.of(method: method, PageAddress(parts[0], query))?.rawValue == kind)
    }

    @Test("计量：平均、九成五、最长、超限，放回的不丢")
    func meter() throws {
        let meter = ServiceMeter()
        meter.allow(["a": 100])
        for value in [10.0, 20, 30, 150, 900] { meter.note("a", milliseconds: value) }
        meter.note("a", milliseconds: .nan)
        meter.put(meter.take())
        let tally = try #require(meter.take()["a"])
        #expect(tally.count == 5 && tally.over == 2 && tally.worstMilliseconds == 900)
        #expect(tally.averageMilliseconds == 222)
        #expect(tally.within(share: 0.5) == 50)
        #expect(tally.within(share: 0.95) == 900)
        #expect(meter.take().isEmpty)
    }

    @Test("时限：平均、超过峰值的比例；一次偶然的慢不算")
    func limits() {
        let limit = ServiceLimit(average: 800, peak: 1000)
        func fault(_ values: [Double]) -> String? {
            let meter = ServiceMeter()
            meter.allow(["a": 1000])
            for value in values { meter.note("a", milliseconds: value) }
            return meter.take()["a"].flatMap(limit.fault)
        }
        #expect(fault([]) == nil)
        #expect(fault([100, 200, 700]) == nil)
        #expect(fault([900, 900]) != nil)
        #expect(fault([100, 100, 100, 1500]) == nil)
        #expect(fault([100, 100, 100, 100, 100, 1500, 1500]) != nil)
        #expect(ServiceLimit("800,1000,5") == limit)
        #expect(ServiceLimit("800,1000") == nil)
    }

    @Test("可用率：首个与正在进行的五分钟不计，多节点取并集，连续的中断合为一次")
    func availability() throws {
        #expect(Availability([:], until: 100).percent == nil)
        #expect(Availability([10: 300_000], until: 11).percent == nil)
        var present = Dictionary(uniqueKeysWithValues: (Int64(0)..<100).map { ($0, 300_000.0) })
        #expect(Availability(present, until: 100).percent == 100)
        for slot: Int64 in [40, 41, 60] { present[slot] = nil }
        let seen = Availability(present, until: 100)
        #expect(seen.outages.map(\.minutes) == [10, 5])
        #expect(seen.hours == 99.0 / 12)
        #expect(abs((seen.percent ?? 0) - 96.0 * 100 / 99) < 0.001)
        #expect(abs((seen.hoursToRepair ?? 0) - 0.125) < 0.001)
        #expect(abs((seen.hoursBetween ?? 0) - 4) < 0.001)
    }

    @Test("两个节点的数合在一起；超限两个五分钟报警，好了自行结束；按日汇总")
    func watch() async throws {
        let time = Hands(LedgerHouse.noon)
        let house = try await LedgerHouse(features: FeatureSet([TruckFeature.feature]), clock: time.clock)
        let (platform, database) = (house.platform, house.platform.database)
        let south = ServiceBook(database: database, meter: ServiceMeter(), clock: time.clock)
        let watch = ServiceWatch(platform: platform)
        try await platform.services.keep(node: "north", present: 60_000)
        func minutes(_ slow: Double) async throws {
            for _ in 0..<5 {
                for _ in 0..<4 { platform.services.meter.note("interaction", milliseconds: 100) }
                south.meter.note("interaction", milliseconds: slow)
                try await platform.services.keep(node: "north", present: 60_000)
                try await south.keep(node: "south", present: 60_000)
                time.advance(seconds: 60)
            }
        }
        try await minutes(200)
        #expect(try await watch.judge() == (0, 0))
        try await minutes(9000)
        #expect(try await watch.judge() == (0, 0))
        try await minutes(9000)
        #expect(try await watch.judge() == (1, 0))
        #expect(try await watch.judge() == (0, 0))
        try await minutes(200)
        #expect(try await watch.judge() == (0, 1))
        try await database.write { tx in try platform.services.rollUp(time.clock.today, in: tx) }
        try await Application(router: house.router).test(.router) { client in
            for period in ["today", "week", "quarter"] {
                let page = try await House.get("admin", "/admin/service-quality?period=\(period)", client)
                #expect(page.status == 200)
                for part in ["页面交互", "可用率", "9.00 秒"] { #expect(page.body.contains(part), "\(period) \(part)") }
            }
            let one = try await House.get("admin", "/admin/service-quality/interaction", client)
            #expect(one.status == 200 && one.body.contains("近 24 小时超标记录") && one.body.contains("超过 0.80 秒"))
            #expect(try await House.get("admin", "/admin/service-quality/interaction?period=month", client).status == 200)
            #expect(try await House.get("admin", "/admin/service-quality/nothing", client).status == 404)
            #expect(try await House.get("admin", "/admin/service-quality/export?format=csv", client).body.contains("页面交互"))
            #expect(try await House.get("nobody", "/admin/service-quality", client).status == 403)
            let bad = try await House.post("admin", "/admin/service-quality/interaction/limit", [("average", "0"), ("peak", "x"), ("share", "101")], client)
            #expect(bad.status == 422)
            for part in ["1 至 600000", "0 至 100"] { #expect(bad.body.contains(part)) }
            #expect(try await House.post("admin", "/admin/service-quality/interaction/limit", [("average", "900"), ("peak", "800"), ("share", "5")], client).status == 422)
            #expect(try await House.post("admin", "/admin/service-quality/interaction/limit", [("average", "400"), ("peak", "900"), ("share", "5")], client).status < 400)
            #expect(try await House.post("nobody", "/admin/service-quality/interaction/limit", [("average", "400"), ("peak", "900"), ("share", "5")], client).status == 403)
        }
        #expect(try await database.read { try ServiceBook.limits($0)[.interaction] } == ServiceLimit(average: 400, peak: 900))
        #expect(try await database.write { try platform.services.forget(in: $0) } == 0)
    }

    /// A clock that moves when the test says so.
    private final class Hands: Sendable {
        private let moment: Mutex<Moment>

        init(_ moment: Moment) { self.moment = Mutex(moment) }

        var clock: Clock { Clock { self.moment.withLock { $0 } } }
        func advance(seconds: Int64) { moment.withLock { $0 = $0.adding(seconds: seconds) } }
    }
}
