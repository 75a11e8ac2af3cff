import Cryptography
import Identity
import Kernel
import Storage
import StorageSQLite
import Testing

@Suite("8.1.4.3 signed states of the audit book")
struct AuditCheckpointTests {
    let house: House
    private var checkpoints: AuditCheckpoints { house.engine.checkpoints }

    init() async throws { house = try await House() }

    private func write(_ count: Int) async throws {
        for number in 0..<count {
            try await house.database.write { try house.engine.audit.record(AuditEntry("update", "thing", "\(number)", "事项"), by: .system(), in: $0) }
        }
    }

    private func faults() async throws -> [String] { try await house.database.read { try checkpoints.verify($0) }.faults.map { "\($0.id) \($0.reason)" } }

    @Test func `whole with checkpoints, which are written only when there is something to sign`() async throws {
        try await write(3)
        let first = try #require(try await checkpoints.sign())
        #expect(try await checkpoints.sign() == nil)
        try await write(2)
        let second = try #require(try await checkpoints.sign())
        #expect(second.auditId == first.auditId + 2)
        #expect(try await faults() == [])
    }

    @Test func `rows taken off the end are missed`() async throws {
        try await write(5)
        let point = try #require(try await checkpoints.sign())
        try await house.database.write { _ = try $0.execute("DELETE FROM audit WHERE id > \(point.auditId - 2)") }
        #expect(try await faults() == ["\(point.auditId - 1) 末尾缺失：检查点签到第 \(point.auditId) 条"])
    }

    @Test func `a book written anew behind a change does not match what was signed`() async throws {
        try await write(5)
        let point = try #require(try await checkpoints.sign())
        try await house.database.write { transaction in
            try transaction.execute("DELETE FROM audit WHERE id > \(point.auditId - 2)")
            for _ in 0..<4 { try house.engine.audit.record(AuditEntry("update", "thing", "x", "改写"), by: .system(), in: transaction) }
        }
        #expect(try await house.database.read { try house.engine.audit.verify($0) }.isIntact, "the chain alone cannot tell")
        #expect(try await faults() == ["\(point.auditId) 与签名的检查点不符"])
    }

    @Test func `a checkpoint cannot be made without the key`() async throws {
        try await write(2)
        let point = try #require(try await checkpoints.sign())
        try await house.database.write { _ = try $0.execute("UPDATE audit_checkpoints SET at = at + 1") }
        #expect(try await faults() == ["\(point.auditId) 检查点的签名无效"])
    }

    @Test func `every changed row is found, not only the first`() async throws {
        try await write(9)
        let last = try #require(try await checkpoints.sign()).auditId
        try await house.database.write { transaction in
            for id in [last - 7, last - 4, last - 1] { try transaction.execute("UPDATE audit SET actor = '某人' WHERE id = \(id)") }
        }
        #expect(try await faults() == [last - 7, last - 4, last - 1].map { "\($0) 内容被改动" })
    }

    @Test func `retention takes whole months up to a checkpoint, and only that is borne`() async throws {
        try await write(4)
        let old = try #require(try await checkpoints.sign()).auditId
        #expect(try await checkpoints.retain() == 0)
        house.hand.advance(minutes: 60 * 24 * 31 * 37)
        try await write(3)
        _ = try await checkpoints.sign()
        #expect(try await checkpoints.retain() == Int(old))
        #expect(try await faults() == [])
        try await house.database.write { _ = try $0.execute("DELETE FROM audit WHERE id = \(old + 1)") }
        #expect(try await faults() == ["\(old + 2) 此前的 \(old + 1) 条缺失，且不是按保存期限清理的"])
    }
}
