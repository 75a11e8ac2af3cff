import Exchange
import Identity
import Kernel
import Messages
import Reports
import Storage
import Testing

@Suite("D9.9.2 定时生成与发送：各人只收到自己能看的")
struct ScheduleTests {
    /// Real accounts with the roles' own rights.
    static func people(_ house: ReportHouse) async throws -> [String: Int64] {
        let roles = try await house.identity.roles.all()
        func role(_ name: BuiltInRole) -> [Int64] { roles.filter { $0.name == name.rawValue }.map(\.id) }
        var ids: [String: Int64] = [:]
        for (login, code, own) in [
            ("boss", "1301", BuiltInRole.city), ("changan", "130102", .county), ("qiaoxi", "130104", .county), ("steel", "E001", .enterpriseAdmin),
            ("cement", "E002", .enterpriseAdmin),
            ("guard", "E001", .enterpriseGuard),
        ] {
            guard let organisation = try await house.identity.organisations.find(code: code) else { continue }
            ids[login] = try await house.identity.users.create(UserDraft(login: login, name: login, organisation: organisation.id, roles: role(own)), by: .system()).id
        }
        return ids
    }

    @Test func everyReceiverGetsTheirOwnData() async throws {
        let house = try await ReportHouse()
        let ids = try await Self.people(house)
        let bytes = try WorkbookDraft([
            DesignedTests.sheet("表", [["县", "企业", "数量"], ["{明细.县（区、市）}", "{明细.企业}", "{明细.数量}"], ["范围", "{数据范围}"]]),
            DesignedTests.sheet("数据集", [["周期", "年"], ["数据集", "明细", "运输记录", "县（区、市），企业", "数量"]]),
        ]).bytes()
        let template = try ReportTemplate(bytes, on: house.engine)
        #expect(template.faults == [])
        let blob = try await house.engine.blobs.put(bytes).hash
        let boss = try await house.database.read { reader in try house.identity.sessions.standing(of: ids["boss"] ?? 0, reader)?.principal }
        let owner = try #require(boss)
        try await house.database.write { tx in
            let id = try house.engine.keep(
                ReportItemDraft(.template, title: "年报", body: template.summary, audience: ReportAudience(isEveryone: true)), blob: blob, by: owner, in: tx)
            let item = try house.engine.item(id, [.template], by: owner, in: tx)
            try house.engine.schedule(
                item, rhythm: ReportRhythm(.day, minute: 0), formats: [.xlsx],
                receivers: ["role:city", "role:county", "org:\(house.north)", "user:\(ids["cement"] ?? 0)"], by: owner, in: tx)
        }
        // Not yet due; then once, however often it is run. The first start made somebody of the city, too.
        let due = ReportHouse.noon.day.adding(days: 1).start
        #expect(try await house.engine.runDue(at: ReportHouse.noon) == 0)
        #expect(try await house.engine.runDue(at: due) == 6)
        let outputs = try await house.database.read { reader in try reader.rows("SELECT receiver_name, blob, state FROM report_outputs ORDER BY receiver") }
        #expect(outputs.map { $0.text("receiver_name") } == ["市级监管", "boss", "changan", "qiaoxi", "steel", "cement"])
        var seen: [String: [String?]] = [:]
        for row in outputs {
            guard let hash = row.text("blob"), let file = try await house.engine.blobs.open(hash) else { continue }
            let cells = try DesignedTests.cells(try await file.read(offset: 0, length: file.size))
            seen[row.text("receiver_name") ?? ""] = ["B2", "C2", "B3", "C3"].map { cells[$0] }
        }
        // The year before, since that is the last one that is over.
        #expect(seen["boss"] == ["北方钢铁", "2", "南方水泥", "1"])
        #expect(seen["changan"] == ["北方钢铁", "2", "长安区", nil])
        #expect(seen["qiaoxi"] == ["南方水泥", "1", "桥西区", nil])
        #expect(seen["steel"] == ["北方钢铁", "2", "北方钢铁", nil])
        #expect(seen["cement"] == ["南方水泥", "1", "南方水泥", nil])
        let messages = try await house.database.read { try $0.count("SELECT COUNT(*) FROM messages WHERE kind = 'report.made'") }
        #expect(messages == 6)
        // Each opens their own file and nobody else's.
        let cement = try #require(try await house.database.read { reader in try house.identity.sessions.standing(of: ids["cement"] ?? 0, reader)?.principal })
        let own = try await house.database.read { try ReportArchive(engine: house.engine).outputs(of: cement, limit: 10, in: $0) }
        #expect(own.count == 1)
        let all = try await house.database.read { try $0.rows("SELECT id FROM report_outputs").compactMap { $0[0].int } }
        for id in all where id != own.first?.id {
            let failure = await #expect(throws: Failure.self) { try await house.database.read { try ReportArchive(engine: house.engine).output(id, of: cement, in: $0) } }
            #expect(failure?.kind == .notFound)
        }
    }

    /// A run that broke off is taken up again: who has a file gets no second one, and no second message.
    @Test func aRunIsDoneOnce() async throws {
        let house = try await ReportHouse()
        let ids = try await Self.people(house)
        let bytes = try WorkbookDraft([
            DesignedTests.sheet("表", [["{明细.县（区、市）}", "{明细.数量}"]]), DesignedTests.sheet("数据集", [["周期", "月"], ["数据集", "明细", "运输记录", "县（区、市）", "数量"]]),
        ])
        .bytes()
        let blob = try await house.engine.blobs.put(bytes).hash
        let owner = try #require(try await house.database.read { reader in try house.identity.sessions.standing(of: ids["boss"] ?? 0, reader)?.principal })
        let schedule = try await house.database.write { tx -> ReportSchedule in
            let id = try house.engine.keep(ReportItemDraft(.template, title: "月报", audience: ReportAudience(isEveryone: true)), blob: blob, by: owner, in: tx)
            let item = try house.engine.item(id, [.template], by: owner, in: tx)
            let schedule = try house.engine.schedule(item, rhythm: ReportRhythm(.month, minute: 480, day: 2), formats: [.xlsx], receivers: ["role:county"], by: owner, in: tx)
            return try house.engine.schedule(schedule, of: owner, in: tx)
        }
        let due = schedule.nextAt
        #expect(due.text.hasPrefix("2026-12-02 08:00"))
        for _ in 0..<3 { #expect(await house.engine.run(schedule, dueAt: due).served == 2) }
        let counts = try await house.database.read { (try $0.count("SELECT COUNT(*) FROM report_outputs"), try $0.count("SELECT COUNT(*) FROM messages")) }
        #expect(counts == (2, 2))
    }

    static let rhythms: [(rhythm: ReportRhythm, after: String, next: String)] = [
        (ReportRhythm(.day, minute: 480), "2026-11-21 07:59:00", "2026-11-21 08:00"), (ReportRhythm(.day, minute: 480), "2026-11-21 08:00:00", "2026-11-22 08:00"),
        (ReportRhythm(.week, minute: 0, day: 1), "2026-11-21 12:00:00", "2026-11-23 00:00"), (ReportRhythm(.month, minute: 60, day: 28), "2026-11-28 02:00:00", "2026-12-28 01:00"),
    ]

    @Test(arguments: rhythms)
    func next(_ example: (rhythm: ReportRhythm, after: String, next: String)) throws {
        let after = try #require(Moment(parsing: example.after))
        #expect(example.rhythm.next(after: after).text.hasPrefix(example.next))
    }
}
