import Alarms
import Identity
import Kernel
import Storage
import Testing

@Suite("A-07 证据链")
struct EvidenceChainTests {
    static let drafts: [EvidenceDraft] = [
        .photo(sha256: AlarmFixture.head, title: "车头"), .photo(sha256: AlarmFixture.body, title: "整车"),
        .video(camera: "34020000001320000001", from: AlarmFixture.start.adding(seconds: -10), to: AlarmFixture.start.adding(seconds: 10), title: "门岗录像"),
    ]

    @Test("在场的照片锁定，未到的照片到达时接到链尾")
    func lateEvidence() async throws {
        let desk = try await AlarmFixture()
        try await desk.storePhoto(AlarmFixture.head)
        let id = try await desk.raise(AlarmFixture.signal(evidence: Self.drafts)).id
        #expect(try await desk.evidence(id).map(\.kind) == [.fact, .photo, .video])
        let awaited = try await desk.database.read { [engine = desk.engine] in try engine.awaitedPhotos(of: id, in: $0).map(\.sha256) }
        #expect(awaited == [AlarmFixture.body])
        #expect(try await desk.locks(AlarmFixture.head) == 1)
        let headBefore = try await desk.alarm(id).chainHead

        desk.now.change { $0 = $0.adding(seconds: 240) }
        try await desk.storePhoto(AlarmFixture.body)
        let joined = try await desk.database.write { [engine = desk.engine] in try engine.photoArrived(AlarmFixture.body, in: $0) }
        #expect(joined == [id])
        let items = try await desk.evidence(id)
        #expect(items.map(\.isLate) == [false, false, false, true])
        #expect(items.last?.title == "整车" && items.last?.addedAt == desk.now.value && items.last?.isLocked == true)
        #expect(try await desk.locks(AlarmFixture.body) == 1)
        #expect(try await desk.alarm(id).chainHead != headBefore)
        let again = try await desk.database.write { [engine = desk.engine] in try engine.photoArrived(AlarmFixture.body, in: $0) }
        #expect(again == [])
        let isKept = try await desk.database.read { [engine = desk.engine] in try engine.isEvidence(AlarmFixture.head, in: $0) }
        #expect(isKept)
        #expect(try await desk.faults() == [])
    }

    @Test("照片属于合并报警的哪一次，到达后仍对得上")
    func lateOccurrence() async throws {
        let desk = try await AlarmFixture()
        let id = try await desk.raise(AlarmFixture.signal()).id
        try await desk.raise(AlarmFixture.signal(at: 60, evidence: [.photo(sha256: AlarmFixture.plate, title: "号牌")]))
        try await desk.storePhoto(AlarmFixture.plate)
        try await desk.database.write { [engine = desk.engine] in _ = try engine.photoArrived(AlarmFixture.plate, in: $0) }
        #expect(try await desk.evidence(id).last?.occurrence == 2)
    }

    @Test("补充证据要有权限，摘要要像摘要")
    func joinGuards() async throws {
        let desk = try await AlarmFixture()
        let id = try await desk.raise(AlarmFixture.signal()).id
        let join = { @Sendable (drafts: [EvidenceDraft], permissions: Set<String>) in
            try await desk.database.write { [engine = desk.engine] in try engine.joinLate(drafts, toAlarm: id, by: AlarmFixture.officer(permissions: permissions), in: $0) }
        }
        #expect(try await failureCode { try await join([.document(sha256: AlarmFixture.body, title: "检测报告")], ["alarm.read"]) } == "JW-K403")
        #expect(try await failureCode { try await join([.document(sha256: "xyz", title: "检测报告")], ["alarm.handle"]) } == "JW-A010")
        #expect(try await failureCode { try await join([.facts(["note": "第一行"], title: "一\n二")], ["alarm.handle"]) } == nil)
        #expect(try await desk.evidence(id).last?.title == "一 二")
        #expect(try await desk.faults() == [])
    }

    @Test("同样的事实有同样的摘要")
    func canonicalFacts() {
        let a: JSONValue = ["b": 1, "a": ["y": [1, 2], "x": nil]], b: JSONValue = ["a": ["x": nil, "y": [1, 2]], "b": 1]
        #expect(a.canonical.text == b.canonical.text)
        #expect(a.canonical.text == #"{"a":{"x":null,"y":[1,2]},"b":1}"#)
    }

    /// One change of the database each, and the part of the verdict that must name it.
    static let tamperings: [(name: String, sql: SQL, verdict: String)] = [
        ("改事实", #"UPDATE evidence_items SET body = '{"plateNo":"冀A54321"}' WHERE seq = 1"#, "内容与其 SHA-256 不符"),
        ("换照片", "UPDATE evidence_items SET sha256 = \(AlarmFixture.plate) WHERE seq = 2", "链式摘要不符"),
        ("改标题", "UPDATE evidence_items SET title = '车尾' WHERE seq = 2", "链式摘要不符"),
        ("改时间", "UPDATE evidence_items SET added_at = added_at - 1 WHERE seq = 3", "链式摘要不符"),
        ("删中间一项", "DELETE FROM evidence_items WHERE seq = 2", "证据有缺失或增添"),
        ("删最后一项", "DELETE FROM evidence_items WHERE seq = 3", "证据链末端与报警记录不符"),
        ("改末端", "UPDATE alarms SET chain_head = \(AlarmFixture.head)", "证据链末端与报警记录不符"),
        ("改状态不改统计", "UPDATE alarms SET state = 'closed'", "报警日统计与报警不符"),
        ("删统计", "DELETE FROM alarm_daily", "报警日统计与报警不符"),
    ]

    @Test("任何改动都查得出", arguments: tamperings.indices)
    func tampering(_ index: Int) async throws {
        let example = Self.tamperings[index]
        let desk = try await AlarmFixture()
        for photo in [AlarmFixture.head, AlarmFixture.body] { try await desk.storePhoto(photo) }
        try await desk.raise(AlarmFixture.signal(evidence: Array(Self.drafts.prefix(2))))
        #expect(try await desk.faults() == [])
        try await desk.change(example.sql)
        let faults = try await desk.faults()
        #expect(faults.contains { $0.contains(example.verdict) }, "\(example.name): \(faults)")
    }

    @Test("统计可以重建")
    func rebuild() async throws {
        let desk = try await AlarmFixture()
        for subject in ["1", "2", "3"] { try await desk.raise(AlarmFixture.signal(subject: subject)) }
        try await desk.act(1, .confirm)
        try await desk.change("UPDATE alarm_daily SET opened = 99, state_new = -1")
        try await desk.database.write { [engine = desk.engine] in try engine.rebuildDaily(in: $0) }
        #expect(try await desk.faults() == [])
    }
}
