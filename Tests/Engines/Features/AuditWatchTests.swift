import Features
import Identity
import Kernel
import Storage
import StorageSQLite
import Testing

@Suite("8.1.4.4 安全行为监测")
struct AuditWatchTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let entries: [AuditEntry]
        var at = "2026-11-21 10:00:00"
        let kinds: [String]
    }

    static func many(_ action: String, _ count: Int) -> [AuditEntry] { (0..<count).map { _ in AuditEntry(action, "truck", "1", "事项") } }

    static let examples: [Example] = [
        Example(testDescription: "平常的登录与修改", entries: [AuditEntry("login", "session", "1", "登录"), AuditEntry("update", "truck", "1", "修改")], kinds: []),
        Example(testDescription: "首次使用的地址", entries: [AuditEntry("login", "session", "1", "登录", details: ["marks": ["newAddress"]])], kinds: ["unusualLogin"]),
        Example(testDescription: "九次失败还不算", entries: many("loginFailed", 9), kinds: []),
        Example(testDescription: "十分钟内十次失败", entries: many("loginFailed", 10), kinds: ["passwordGuessing"]),
        Example(testDescription: "一小时二十次导出还不算", entries: many("export", 20), kinds: []),
        Example(testDescription: "一小时二十一次导出", entries: many("export", 21), kinds: ["massExport"]),
        Example(testDescription: "深夜删除", entries: [AuditEntry("delete", "truck", "1", "删除")], at: "2026-11-21 02:00:00", kinds: ["nightAct"]),
        Example(testDescription: "深夜修改不算", entries: [AuditEntry("update", "truck", "1", "修改")], at: "2026-11-21 02:00:00", kinds: []),
    ]

    @Test(arguments: examples)
    func `what raises an alarm`(_ example: Example) async throws {
        let moment = try #require(Moment(parsing: example.at))
        let house = try await LedgerHouse(features: FeatureSet([TruckFeature.feature]), clock: .fixed(moment))
        let (platform, clerk) = (house.platform, house.northClerk)
        let watch = AuditWatch(platform: platform)
        _ = try await watch.run()
        try await platform.database.write { transaction in for entry in example.entries { try platform.audit.record(entry, by: clerk, in: transaction) } }
        _ = try await watch.run()
        func kinds() async throws -> [String] { try await platform.database.read { try $0.rows("SELECT kind FROM alarms ORDER BY kind").compactMap { $0[0].text } } }
        #expect(try await kinds() == example.kinds)
        #expect(try await watch.run() == 0, "each row is judged once")
        #expect(try await kinds() == example.kinds)
    }
}
