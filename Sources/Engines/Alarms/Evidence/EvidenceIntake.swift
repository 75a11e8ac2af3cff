import Cryptography
import Kernel
import Storage

/// Turns drafts into chained rows; one value serves one alarm in one transaction.
struct EvidenceIntake {
    static let columns = ["alarm", "seq", "kind", "title", "sha256", "body", "occurrence", "added_at", "added_by", "is_late", "is_locked", "chained_hash"]

    let now: Moment
    let addedBy: String
    let occurrence: Int
    let isLate: Bool
    private(set) var head: String
    private(set) var count: Int
    private(set) var items: [EvidenceItem] = []
    private(set) var awaited: [(sha256: String, title: String)] = []
    private(set) var recordings: [String] = []

    init(head: String, count: Int, occurrence: Int, isLate: Bool, now: Moment, addedBy: String) {
        self.head = head
        self.count = count
        self.occurrence = occurrence
        self.isLate = isLate
        self.now = now
        self.addedBy = addedBy
    }

    /// - Parameter lock: keeps a stored file; false when it is not there. A picture that is not there yet is waited for.
    mutating func add(_ draft: EvidenceDraft, locking lock: (String) throws -> Bool) throws {
        switch draft {
        case .facts(let facts, let title): append(.fact, title, body: facts.canonical.text)
        case .video(let camera, let from, let to, let title):
            let reference: JSONValue = ["camera": .string(camera), "from": .string(from.rfc3339), "to": .string(to.rfc3339)]
            append(.video, title, body: reference.text)
        case .photo(let sha256, let title):
            let digest = try checked(sha256)
            if try lock(digest) { append(.photo, title, sha256: digest) } else { awaited.append((digest, Self.oneLine(title))) }
        case .clip(let sha256, let title):
            let digest = try checked(sha256)
            append(.video, title, sha256: digest, isLocked: try lock(digest))
        case .recordings(let reference): recordings.append(reference)
        case .document(let sha256, let title):
            let digest = try checked(sha256)
            append(.document, title, sha256: digest, isLocked: try lock(digest))
        }
    }

    private func checked(_ sha256: String) throws -> String {
        let lower = sha256.lowercased()
        guard lower.utf8.count == 64, Digest(hex: lower) != nil else {
            throw Failure(.invalid, "JW-A010", "证据的 SHA-256 应为 64 位十六进制", fields: [FieldFinding("sha256", "format", "应为 64 位十六进制", title: "摘要")])
        }
        return lower
    }

    private mutating func append(_ kind: EvidenceItem.Kind, _ title: String, body: String) { append(kind, title, sha256: SHA256.hash(body).hex, body: body) }

    private mutating func append(_ kind: EvidenceItem.Kind, _ title: String, sha256: String, body: String? = nil, isLocked: Bool = true) {
        let line = Self.oneLine(title)
        count += 1
        head = EvidenceChain.link(previous: head, seq: count, kind: kind, title: line, sha256: sha256, occurrence: occurrence, addedAt: now, isLate: isLate)
        items.append(
            EvidenceItem(
                seq: count, kind: kind, title: line, sha256: sha256, body: body, occurrence: occurrence, addedAt: now, addedBy: addedBy, isLate: isLate, isLocked: isLocked,
                chainedHash: head))
    }

    /// The chain's lines are separated by line feeds, so a title holds none.
    private static func oneLine(_ title: String) -> String {
        title.utf8.contains(where: { $0 < 32 }) ? String(title.map { $0.isNewline || $0.asciiValue.map { $0 < 32 } ?? false ? " " : $0 }) : title
    }

    func write(to alarm: Int64, in tx: any Transaction) throws {
        if !items.isEmpty {
            try tx.insertMany(
                into: "evidence_items", columns: Self.columns,
                rows: items.map { item in
                    [
                        .int(alarm), .int(Int64(item.seq)), .text(item.kind.rawValue), .text(item.title), .text(item.sha256), item.body.sqlValue, .int(Int64(item.occurrence)),
                        item.addedAt.sqlValue,
                        .text(item.addedBy), item.isLate.sqlValue, item.isLocked.sqlValue, .text(item.chainedHash),
                    ]
                })
        }
        for reference in recordings {
            try tx.execute(
                """
                INSERT INTO alarm_awaited_clips (reference, alarm, occurrence, since) VALUES (\(reference), \(alarm), \(occurrence), \(now)) \
                ON CONFLICT (reference, alarm) DO NOTHING
                """)
        }
        for photo in awaited {
            try tx.execute(
                """
                INSERT INTO alarm_awaited_photos (sha256, alarm, title, occurrence, since) VALUES (\(photo.sha256), \(alarm), \(photo.title), \(occurrence), \(now)) \
                ON CONFLICT (sha256, alarm) DO NOTHING
                """)
        }
    }
}
