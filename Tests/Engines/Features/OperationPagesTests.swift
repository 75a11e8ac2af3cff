import Features
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Identity
import Kernel
import NIOCore
import Storage
import Testing
import Web

@Suite("B7.1.2 C7.1 D16.4.1 D16.4.2 数据库运行、备份与演练、文件存储的页面")
struct OperationPagesTests {
    private typealias House = AdministrationPagesTests

    private static func statement(_ text: String, worst: Double, runs: Int = 1) -> SlowStatement {
        SlowStatement(text: text, kinds: [], runs: runs, totalMilliseconds: worst * Double(runs), worstMilliseconds: worst, rows: 4)
    }

    private static func digest(of text: String, _ house: LedgerHouse) async throws -> String {
        try await house.platform.database.read { try $0.value("SELECT digest FROM slow_statements WHERE statement = \(text)")?.text } ?? ""
    }

    @Test("慢语句合计、带执行计划，可查、可导出、可清空")
    func slow() async throws {
        let house = try await House.house()
        let book = SlowStatementBook(database: house.platform.database, clock: house.platform.clock)
        let text = "SELECT id FROM users WHERE login = 'x'"
        try await book.keep([Self.statement(text, worst: 700), Self.statement("DELETE FROM audit", worst: 9000)], node: "north")
        try await book.keep([Self.statement(text, worst: 1500, runs: 2), Self.statement("SELECT * FROM nowhere", worst: 600)], node: "south")
        let digest = try await Self.digest(of: text, house)
        try await Application(router: house.router).test(.router) { client in
            let page = try await House.get("admin", "/admin/database", client)
            #expect(page.status == 200)
            for part in ["9.0 秒", "1.5 秒", "SELECT id FROM users", "记录超过"] { #expect(page.body.contains(part), "\(part)") }
            #expect(try await House.get("admin", "/admin/database?q=users&kind=read&sort=-worst", client).body.contains("DELETE FROM audit") == false)
            #expect(try await House.get("admin", "/admin/database?kind=write", client).body.contains("SELECT id FROM users") == false)
            #expect(try await House.get("admin", "/admin/database?page=9999&size=1&sort=nonsense", client).status == 200)
            let one = try await House.get("admin", "/admin/database/statements/\(digest)", client)
            #expect(one.status == 200)
            #expect(one.body.contains("users"))
            #expect(one.body.contains("SEARCH") || one.body.contains("Scan"))
            #expect(try await House.get("admin", "/admin/database/statements/none", client).status == 404)
            #expect(try await House.get("admin", "/admin/database/export?format=csv", client).body.contains("south"))
            #expect(try await House.get("nobody", "/admin/database", client).status == 403)
            #expect(try await House.post("nobody", "/admin/database/clear", [], client).status == 403)
            #expect(try await House.post("admin", "/admin/database/settings", [("slowMilliseconds", "-4")], client).status == 422)
            #expect(try await House.post("admin", "/admin/database/settings", [("slowMilliseconds", "250")], client).status < 400)
            #expect(try await House.post("admin", "/admin/database/clear", [], client).status < 400)
        }
        #expect(try await house.platform.database.read { try OperationSettings.read($0).slowMilliseconds } == 250)
        #expect(try await House.number("SELECT COUNT(*) FROM slow_statements", house) == 0)
        #expect(try await House.number("SELECT COUNT(*) FROM audit WHERE object_kind IN ('slowStatement', 'operationSetting')", house) == 3)
    }

    @Test("备份按设置进行，结果记下；没有备份不能演练")
    func backups() async throws {
        let house = try await House.house()
        let works = BackupWorks(
            backup: { folder in BackupWorks.Outcome(isGood: !folder.contains("bad"), message: "备份 \(folder)", bytes: 4096) },
            drill: { folder, _ in BackupWorks.Outcome(isGood: true, message: "演练通过 \(folder)") }, thin: { _, _ in })
        let book = BackupBook(database: house.platform.database, works: works, audit: house.platform.audit, clock: house.platform.clock, node: "north")
        await #expect(throws: Failure.self) { try await book.run(.backup, by: .system()) }
        let settings = [("backupFolder", "/var/backups/jianwei/"), ("backupMinute", "02:10"), ("backupCopies", "3"), ("drillDays", "30")]
        try await Application(router: house.router).test(.router) { client in
            let bad = try await House.post(
                "admin", "/admin/backups/settings", [("backupFolder", "../etc"), ("backupMinute", "25:00"), ("backupCopies", "0"), ("drillDays", "x")], client)
            #expect(bad.status == 422)
            for part in ["绝对路径", "02:10 的时间", "1 至 365", "0 至 365"] { #expect(bad.body.contains(part), "\(part)") }
            #expect(try await House.get("admin", "/admin/backups", client).body.contains("还没有设置备份目录"))
            #expect(try await House.post("admin", "/admin/backups/settings", settings, client).status < 400)
            await #expect(throws: Failure.self) { try await book.run(.drill, by: .system()) }
            #expect(try await book.runDue() == [.backup, .drill])
            #expect(try await book.runDue().isEmpty)
            let page = try await House.get("admin", "/admin/backups", client)
            for part in ["/var/backups/jianwei/20", "4.0 KB", "恢复演练", "通过", "02:10"] { #expect(page.body.contains(part), "\(part)") }
            let id = try await House.number("SELECT MIN(id) FROM backup_runs", house) ?? 0
            #expect(try await House.get("admin", "/admin/backups/\(id)", client).body.contains("备份 /var/backups/jianwei/20"))
            #expect(try await House.get("admin", "/admin/backups?kind=drill&state=done&size=1", client).status == 200)
            #expect(try await House.get("admin", "/admin/backups/export?format=csv", client).body.contains("演练通过"))
            #expect(try await House.get("nobody", "/admin/backups", client).status == 403)
            #expect(try await House.post("nobody", "/admin/backups/run", [], client).status == 403)
        }
        let failing = BackupBook(
            database: house.platform.database, works: BackupWorks(backup: { _ in throw Failure(.unavailable, "JW-B002", "无法写入") }, drill: works.drill, thin: { _, _ in }),
            audit: house.platform.audit,
            clock: house.platform.clock, node: "north")
        #expect(try await failing.run(.backup, by: .system()).isGood == false)
        #expect(try await House.number("SELECT COUNT(*) FROM backup_runs WHERE state = 'failed' AND message = '无法写入'", house) == 1)
    }

    @Test("C7.1 文件清点：有人引用的不动，无人引用的满期限才清除，停下后接着数")
    func sweep() async throws {
        let house = try await House.house()
        let (database, audit) = (house.platform.database, house.platform.audit)
        let blobs = try LocalBlobs.temporary()
        let kept = try await blobs.put([1, 2, 3])
        let lost = try await blobs.put([4, 5, 6])
        try await database.write { try $0.execute("INSERT INTO operation_settings (name, value, at, by_name) VALUES ('suite', \("[\"\(kept.hash)\"]"), 0, 'suite')") }
        func sweep(after days: Int64) -> FileSweep {
            FileSweep(database: database, blobs: blobs, audit: audit, clock: .fixed(Clock.system.now.adding(seconds: days * 86_400)), pause: .zero)
        }
        let young = try await sweep(after: 0).run(by: .system())
        #expect(young.objects == 2 && young.orphans == 1 && young.removed == 0 && young.bytes == 6 && young.state == "done")
        #expect(try await sweep(after: 1).runDue() == nil)
        // A run that was stopped half-way.
        try await database.write { try $0.execute("INSERT INTO file_sweeps (state, started_at, reached, objects, by_name) VALUES ('running', 0, 256, 7, 'suite')") }
        #expect(try await sweep(after: 31).runDue()?.objects == 7)
        let old = try await sweep(after: 40).runDue()
        #expect(old?.orphans == 1 && old?.removed == 1)
        #expect(try await blobs.exists(kept.hash))
        #expect(try await blobs.exists(lost.hash) == false)
        try await Application(router: house.router).test(.router) { client in
            let page = try await House.get("admin", "/admin/files", client)
            for part in ["本机磁盘水位", "还可用", "完成"] { #expect(page.body.contains(part), "\(part)") }
            #expect(try await House.post("admin", "/admin/files/settings", [("fileWarnPercent", "0"), ("fileCapacityGB", "x"), ("orphanDays", "-1")], client).status == 422)
            #expect(try await House.post("admin", "/admin/files/settings", [("fileWarnPercent", "1"), ("fileCapacityGB", "900"), ("orphanDays", "0")], client).status < 400)
            #expect(try await House.get("admin", "/admin/files/export?format=csv", client).body.contains("suite"))
            #expect(try await House.get("nobody", "/admin/files", client).status == 403)
        }
        #expect(try await database.read { try OperationSettings.read($0) }.fileCapacityGB == 900)
    }

    @Test("D16.4.2 恢复须由他人批准，批准码只在批准之后给出")
    func restores() async throws {
        let house = try await House.house()
        try await house.platform.database.write {
            try $0.execute("INSERT INTO backup_runs (kind, state, folder, started_at, by_name, node) VALUES ('backup', 'done', '/var/backups/jianwei/one', 0, 'suite', 'north')")
        }
        let run = try await House.number("SELECT MAX(id) FROM backup_runs", house) ?? 0
        try await Application(router: house.router).test(.router) { client in
            #expect(try await House.get("admin", "/admin/restores", client).body.contains("还没有恢复申请"))
            #expect(try await House.get("admin", "/admin/restores/new?run=\(run)", client).body.contains("/var/backups/jianwei/one"))
            #expect(try await House.get("admin", "/admin/restores/new?run=999", client).status == 404)
            let bad = try await House.post("admin", "/admin/restores", [("run", String(run)), ("reason", "短"), ("target", "")], client)
            #expect(bad.status == 422 && bad.body.contains("至少 4 个字"))
            #expect(try await House.post("admin", "/admin/restores", [("run", String(run)), ("reason", "误删一批备案"), ("target", "db1")], client).status < 400)
            let id = try await House.number("SELECT MAX(id) FROM restore_requests", house) ?? 0
            #expect(try await House.post("admin", "/admin/restores/\(id)/approve", [], client).status == 403)
            #expect(try await House.post("nobody", "/admin/restores/\(id)/approve", [], client).status == 403)
            let page = try await House.get("admin", "/admin/restores/\(id)", client)
            #expect(page.body.contains("须由他人批准") && !page.body.contains("approval-code"))
            #expect(try await House.get("admin", "/admin/restores/export?format=csv", client).body.contains("误删一批备案"))
        }
        #expect(try await House.number("SELECT COUNT(*) FROM restore_requests WHERE state = 'asked'", house) == 1)
    }
}
