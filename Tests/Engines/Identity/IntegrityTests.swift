import Identity
import Kernel
import Storage
import Testing

@Suite("D17.4.1 重要数据完整性")
struct IntegrityTests {
    let house: House
    private var book: IntegrityBook { house.engine.integrity }

    init() async throws {
        house = try await House()
        try await house.user("clerk", .enterpriseAdmin, in: house.steel)
        try await house.user("porter", .enterpriseGuard, in: house.steel)
        let engine = house.engine
        for subject in engine.integrity.declared {
            var after: Int64? = 0
            while let from = after { after = try await house.database.write { try engine.integrity.adopt(subject, after: from, audit: engine.audit, in: $0) } }
        }
    }

    private func faults() async throws -> [String] {
        var all: [String] = []
        for subject in book.declared {
            all += try await house.database.read { try house.engine.integrity.verify(subject, $0) }.faults.map { "\(subject.kind) \($0.0) \($0.1.rawValue)" }
        }
        return all
    }

    private func id(_ login: String) async throws -> Int64 { try await house.database.read { try $0.value("SELECT id FROM users WHERE login = \(login)")?.int ?? 0 } }

    @Test func `what the platform itself does stays whole`() async throws {
        let engine = house.engine
        #expect(try await faults() == [])
        let clerk = try await id("clerk"), porter = try await id("porter")
        _ = try await engine.users.create(UserDraft(login: "new", name: "新来", organisation: house.steel.id, roles: [house.role(.enterpriseGuard).id]), by: .system())
        try await engine.users.setState(.frozen, of: porter, by: .system())
        try await engine.users.setState(.active, of: porter, by: .system())
        _ = try await engine.passwords.reset(of: porter, by: .system())
        let role = try await engine.roles.create(RoleDraft(title: "门岗", scope: .ownOrganisation, kinds: [.enterprise], permissions: ["onSiteVehicle.read"]), by: .system())
        try await engine.roles.update(role.id, RoleDraft(title: "门岗二", scope: .ownOrganisation, kinds: [.enterprise], permissions: []), by: .system())
        try await engine.users.update(clerk, UserDraft(login: "clerk", name: "改名", organisation: house.steel.id, roles: [role.id]), by: .system())
        let person = try await house.principal("clerk")
        try await engine.passwords.change(of: person, current: House.password, new: "Other#Keeper27")
        _ = try await engine.users.depart(clerk, successor: porter, roles: true, handOvers: engine.handOvers, by: .system())
        #expect(try await faults() == [])
    }

    @Test(arguments: [
        ("UPDATE users SET password_hash = 'x' WHERE login = 'clerk'", "changed"), ("UPDATE users SET state = 'frozen' WHERE login = 'clerk'", "changed"),
        ("UPDATE users SET organisation = 1 WHERE login = 'clerk'", "changed"),
        ("INSERT INTO user_roles (user_id, role_id) SELECT id, (SELECT id FROM roles WHERE name = 'admin') FROM users WHERE login = 'clerk'", "changed"),
        ("DELETE FROM user_roles WHERE user_id = (SELECT id FROM users WHERE login = 'clerk')", "changed"),
        ("DELETE FROM integrity_seals WHERE kind = 'user' AND object_id = (SELECT id FROM users WHERE login = 'clerk')", "unsealed"),
    ])
    func `what is done past the platform is found and located`(_ statement: String, _ reason: String) async throws {
        let clerk = try await id("clerk")
        try await house.database.write { _ = try $0.execute(SQL(text: statement, arguments: [])) }
        #expect(try await faults() == ["user \(clerk) \(reason)"])
    }

    @Test func `a row taken away, a permission given, a seal copied from another row`() async throws {
        let clerk = try await id("clerk"), porter = try await id("porter")
        let guardRole = try await house.role(.enterpriseGuard).id
        try await house.database.write { tx in
            try tx.execute("INSERT INTO role_permissions (role_id, permission) VALUES (\(guardRole), 'user.write')")
            let other = try tx.first("SELECT mac FROM integrity_seals WHERE kind = 'user' AND object_id = \(porter)")?.blob("mac") ?? []
            try tx.execute("UPDATE integrity_seals SET mac = \(other) WHERE kind = 'user' AND object_id = \(clerk)")
            try tx.execute("DELETE FROM user_roles WHERE user_id = \(porter)")
            try tx.execute("DELETE FROM users WHERE id = \(porter)")
        }
        #expect(try await faults() == ["role \(guardRole) changed", "user \(clerk) changed", "user \(porter) missing"])
    }

    @Test func `who takes the mark of the beginning away has nothing sealed anew`() async throws {
        let clerk = try await id("clerk")
        try await house.database.write { tx in
            try tx.execute("UPDATE users SET password_hash = 'x' WHERE id = \(clerk)")
            try tx.execute("DELETE FROM identity_settings WHERE name = 'integrity.user'")
            try tx.execute("DELETE FROM integrity_seals WHERE kind = 'user' AND object_id = \(clerk)")
        }
        #expect(try await faults() == ["user \(clerk) unsealed"])
    }

    @Test func `a fault is noted once, and settled with a reason`() async throws {
        let clerk = try await id("clerk")
        try await house.database.write { _ = try $0.execute("UPDATE users SET state = 'frozen' WHERE id = \(clerk)") }
        func note() async throws -> Int { try await house.database.write { try house.engine.integrity.note([(clerk, .changed)], of: "user", in: $0) } }
        #expect(try await note() == 1)
        #expect(try await note() == 0)
        let fault = try #require(try await house.database.read { try house.engine.integrity.faults(where: "1 = 1", limit: 10, $0) }.first)
        func settle(_ note: String) async -> String? {
            await failureCode { try await house.database.write { try house.engine.integrity.settle(fault.id, note: note, audit: house.engine.audit, by: .system(), in: $0) } }
        }
        #expect(await settle("") == "JW-K422")
        #expect(await settle("运维误操作，已核实") == nil)
        #expect(await settle("再次") == "JW-I114")
        #expect(try await faults() == [])
    }

    @Test func `runs of rows: sealed when they are old, compared, forgotten with retention`() async throws {
        let (database, clock) = (house.database, house.hand)
        try await database.write { tx in
            try tx.apply(
                .createTable(Table("gate_log", columns: [Column("plate", .text, required: true), Column("at", .integer, required: true), Column("note", .text)])))
            for number in 0..<20 { try tx.execute("INSERT INTO gate_log (plate, at) VALUES (\("冀A\(number)"), \(clock.now))") }
        }
        let kept = Moment(parsing: "2026-11-01 00:00:00") ?? clock.now
        let run = IntegrityRun("gateLog", "过车", table: "gate_log", columns: ["plate"], timeColumn: "at", keptBy: "at") { _ in kept }
        #expect(try await run.sealNext(book, on: database) == 0, "young rows wait")
        clock.advance(seconds: 2 * 86_400)
        #expect(try await run.sealNext(book, on: database) == 20)
        #expect(try await run.sealNext(book, on: database) == 0)
        func verdict() async throws -> [String] { try await database.read { try run.verify(house.engine.integrity, $0) }.faults.map { $0.1.rawValue } }
        try await database.write { _ = try $0.execute("UPDATE gate_log SET note = '补记' WHERE id = 3") }
        #expect(try await verdict() == [], "what may change is not sealed")
        try await database.write { _ = try $0.execute("UPDATE gate_log SET plate = '冀B' WHERE id = 3") }
        #expect(try await verdict() == ["changed"])
        try await database.write { _ = try $0.execute("DELETE FROM gate_log WHERE id = 3") }
        #expect(try await verdict() == ["missing"])
        let later = IntegrityRun("gateLog", "过车", table: "gate_log", columns: ["plate"], timeColumn: "at", keptBy: "at") { _ in clock.now }
        #expect(try await database.write { try later.forget(in: $0) } == 1)
        #expect(try await verdict() == [])
    }
}

@Suite("D17.3.2 审计归档")
struct AuditArchiveTests {
    let house: House
    private var archives: AuditArchives { house.engine.archives }

    init() async throws { house = try await House() }

    private func part() async throws -> AuditArchives.Part {
        _ = try await house.engine.checkpoints.sign()
        return try #require(try await house.database.read { try house.engine.archives.next(everything: true, $0) })
    }

    @Test func `a part is archived once, and the next begins where it ended`() async throws {
        let first = try await part()
        #expect(try AuditArchives.read(Array(first.text.utf8)).count == Int(first.to - first.from + 1))
        _ = try await archives.keep(first, sha256: String(repeating: "a", count: 64), by: .system())
        #expect(await failureCode { _ = try await archives.keep(first, sha256: String(repeating: "a", count: 64), by: .system()) } == "JW-I116")
        let second = try await part()
        #expect(second.from == first.to + 1)
        #expect(try await house.database.read { try house.engine.archives.next(everything: false, $0) } == nil, "what could still grow waits")
    }

    @Test func `a file that was touched is refused, and says where`() async throws {
        let text = try await part().text
        let lines = text.split(separator: "\n").map(String.init)
        func refusal(_ lines: [String]) async -> String? { await failureCode { _ = try AuditArchives.read(Array(lines.joined(separator: "\n").utf8)) } }
        #expect(await refusal(lines) == nil)
        #expect(await refusal(Array(lines.dropLast())) == "JW-I117")
        #expect(await refusal([lines[0]] + lines.dropFirst(2)) == "JW-I117")
        for index in 1..<lines.count {
            var changed = lines
            changed[index] = changed[index].replacing("\"actor\":\"", with: "\"actor\":\"X")
            #expect(await refusal(changed) == "JW-I117", "line \(index)")
        }
        var forged = lines
        forged[0] = forged[0].replacing("\"signature\":\"M", with: "\"signature\":\"N")
        #expect(await refusal(forged) == "JW-I117")
        #expect(await refusal(["{}"]) == "JW-I117")
        #expect(await refusal([]) == "JW-I117")
    }

    @Test func `read back beside the book, and taken away again`() async throws {
        let bytes = Array(try await part().text.utf8)
        let (archive, isOwn) = try await archives.restore(bytes, sha256: String(repeating: "b", count: 64), by: .system())
        #expect(isOwn && archive.isImported)
        #expect(try await house.database.read { try $0.count("SELECT count(*) FROM audit_imported WHERE archive_id = \(archive.id)") } == Int(archive.rows))
        #expect(await failureCode { _ = try await archives.restore(bytes, sha256: String(repeating: "b", count: 64), by: .system()) } == "JW-I118")
        let other = try await House()
        #expect(try await other.engine.archives.restore(bytes, sha256: String(repeating: "b", count: 64), by: .system()).isOwn == false)
        try await archives.drop(archive.id, by: .system())
        #expect(try await house.database.read { try $0.count("SELECT count(*) FROM audit_imported") } == 0)
        let reader = Principal(kind: .user, id: 5, login: "x", name: "x", permissions: ["audit.read"], scope: .everything)
        #expect(await failureCode { _ = try await archives.restore(bytes, sha256: String(repeating: "c", count: 64), by: reader) } == "JW-K403")
    }

    @Test func `retention takes only what an archive holds`() async throws {
        _ = try await archives.keep(part(), sha256: String(repeating: "a", count: 64), by: .system())
        let archived = try await house.database.read { try $0.value("SELECT max(to_id) FROM audit_archives")?.int ?? 0 }
        _ = try await house.engine.checkpoints.sign()
        house.hand.advance(seconds: 5 * 366 * 86_400)
        _ = try await house.engine.checkpoints.retain()
        let first = try await house.database.read { try $0.value("SELECT min(id) FROM audit")?.int ?? 0 }
        #expect(first == archived + 1)
        #expect(try await house.database.read { try house.engine.checkpoints.verify($0) }.isIntact)
    }
}
