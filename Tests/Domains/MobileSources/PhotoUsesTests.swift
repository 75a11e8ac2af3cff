import Cryptography
import Kernel
import MobileSources
import Storage
import Testing

@Suite("A-45 照片首次使用登记")
struct PhotoUsesTests {
    @Test func aPhotoBelongsToItsFirstPassWhereverItIsKept() async throws {
        let house = try await GateFixture()
        let photo = GateFixture.photo(1, 1)
        // Twice in one request, then in the next request, then after the memory was written, then after the marks were read again.
        let together = try await house.record(house.pass(1), house.pass(2, ["headPhoto": .string(photo)]))
        #expect(together.map(\.codes) == [[], ["duplicatePhoto"]])
        #expect(try await house.record(house.pass(3, ["headPhoto": .string(photo)])).map(\.codes) == [["duplicatePhoto"]])
        try await house.gates.passes.settle()
        #expect(try await house.number("SELECT COUNT(*) FROM photo_use") == 4)
        #expect(try await house.number("SELECT pass_id FROM photo_use WHERE sha256 = \(Digest(hex: photo)?.bytes ?? [])") == together[0].passId)
        #expect(try await house.record(house.pass(4, ["headPhoto": .string(photo)])).map(\.codes) == [["duplicatePhoto"]])
        #expect(try await house.record(house.pass(5)).map(\.codes) == [[]])
    }

    @Test func whatAKilledProcessHadInMemoryIsFoundAgain() async throws {
        let house = try await GateFixture()
        for serial in Int64(1)...30 { try await house.record(house.pass(serial, plate: "冀A1\(1000 + serial)", direction: serial % 2 == 0 ? "2" : "1")) }
        // As the next process would: nothing of the memory, only the database.
        try await PhotoUses.recover(house.database)
        #expect(try await house.number("SELECT COUNT(*) FROM photo_use") == 60)
        let verified = try await house.database.read { try PhotoUses.verify(in: $0) }
        #expect(verified.passes == 30)
        #expect(verified.differing == [])
        // Once more changes nothing, and settling the memory that is still there neither.
        try await PhotoUses.recover(house.database)
        try await house.gates.passes.settle()
        #expect(try await house.number("SELECT COUNT(*) FROM photo_use") == 60)
    }

    @Test func aRequestThatFailsClaimsNothing() async throws {
        let house = try await GateFixture()
        await #expect(throws: Failure.self) {
            _ = try await house.gates.passes.record([house.pass(1), house.pass(2)], from: house.steel) { _ in throw Failure(.conflict, "40104", "重复的请求") }
        }
        #expect(try await house.record(house.pass(1), house.pass(2)).map(\.codes) == [[], []])
        try await house.gates.passes.settle()
        #expect(try await house.number("SELECT COUNT(*) FROM photo_use") == 4)
    }

    @Test func manualEntriesSeeWhatIsInMemory() async throws {
        let house = try await GateFixture()
        let photo = GateFixture.photo(1, 1)
        try await house.record(house.pass(1))
        let historic = HistoricPass(input: try GatePassInput(house.pass(2, ["headPhoto": .string(photo)]), now: house.now), terminal: house.steel, receivedAt: house.now)
        let results = try await house.gates.passes.importHistory([historic], recordedAt: house.now, by: GateFixture.system) { _ in }
        #expect(results.map(\.codes) == [["duplicatePhoto"]])
        // And the other way round: what was written at once is seen by the next request.
        #expect(try await house.record(house.pass(3, ["bodyPhoto": .string(GateFixture.photo(2, 2))])).map(\.codes) == [["duplicatePhoto"]])
    }

    @Test func manyRequestsAtOnceClaimEachPhotoOnce() async throws {
        let house = try await GateFixture()
        let shared = GateFixture.photo(9999, 1)
        let findings = try await withThrowingTaskGroup(of: [[String]].self) { group in
            for serial in Int64(1)...40 {
                group.addTask {
                    try await house.gates.passes.record([house.pass(serial, plate: "冀A1\(1000 + serial)", ["headPhoto": .string(shared)])], from: house.steel).map(\.codes)
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(findings.count { $0.contains("duplicatePhoto") } == 39)
        try await house.gates.passes.settle()
        #expect(try await house.number("SELECT COUNT(*) FROM photo_use") == 41)
    }
}
