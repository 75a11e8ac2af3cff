import Cryptography
import Kernel
import Storage

/// One piece of evidence as kept.
package struct EvidenceItem: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        case fact, photo, video, document

        package var title: String {
            switch self {
            case .fact: "信息"
            case .photo: "照片"
            case .video: "视频"
            case .document: "文档"
            }
        }
    }

    /// Place in the chain, from 1 without gaps.
    package var seq: Int
    package var kind: Kind
    package var title: String
    /// Lowercase SHA-256 of the body, or of the photo store's file.
    package var sha256: String
    /// Canonical JSON of facts and of video references; nil for what lies in the stores of pictures and recordings.
    package var body: String?
    /// Which occurrence of a merged alarm it belongs to, from 1.
    package var occurrence: Int
    package var addedAt: Moment
    package var addedBy: String
    /// It came after the alarm was raised.
    package var isLate: Bool
    /// The file is kept beyond its retention.
    package var isLocked: Bool
    /// Lowercase SM3 of the previous hash and this item.
    package var chainedHash: String

    init(seq: Int, kind: Kind, title: String, sha256: String, body: String?, occurrence: Int, addedAt: Moment, addedBy: String, isLate: Bool, isLocked: Bool, chainedHash: String) {
        self.seq = seq
        self.kind = kind
        self.title = title
        self.sha256 = sha256
        self.body = body
        self.occurrence = occurrence
        self.addedAt = addedAt
        self.addedBy = addedBy
        self.isLate = isLate
        self.isLocked = isLocked
        self.chainedHash = chainedHash
    }

    static let columns: SQL = "seq, kind, title, sha256, body, occurrence, added_at, added_by, is_late, is_locked, chained_hash"

    init(_ row: Row) throws {
        guard let seq = row.int("seq"), let kind = row.text("kind").flatMap(Kind.init(rawValue:)), let sha256 = row.text("sha256"), let addedAt = row.moment("added_at") else {
            throw Failure(.unexpected, "JW-A002", "证据记录已损坏")
        }
        self.init(
            seq: Int(seq), kind: kind, title: row.text("title") ?? "", sha256: sha256, body: row.text("body"), occurrence: Int(row.int("occurrence") ?? 1), addedAt: addedAt,
            addedBy: row.text("added_by") ?? "", isLate: row.bool("is_late"), isLocked: row.bool("is_locked"), chainedHash: row.text("chained_hash") ?? "")
    }
}

/// The chain that makes a change, a removal or a swap of evidence visible.
///
/// Root: SM3 of `jianwei-evidence/1` and the alarm's number. Each link: SM3 of the lines previous hash, place, kind, title, SHA-256, occurrence, milliseconds when
/// it was added, and 1 or 0 for late, joined by line feeds. Plain enough to be recomputed by a script of thirty lines, which every package carries.
package enum EvidenceChain {
    package static func root(of number: String) -> String { SM3.hash("jianwei-evidence/1\n\(number)").hex }

    package static func link(previous: String, seq: Int, kind: EvidenceItem.Kind, title: String, sha256: String, occurrence: Int, addedAt: Moment, isLate: Bool) -> String {
        SM3.hash("\(previous)\n\(seq)\n\(kind.rawValue)\n\(title)\n\(sha256)\n\(occurrence)\n\(addedAt.milliseconds)\n\(isLate ? 1 : 0)").hex
    }

    /// Recomputes the chain and the digests of bodies.
    ///
    /// - Returns: every fault, as a sentence for people; empty when the chain is whole and ends in `head`.
    package static func faults(number: String, head: String, items: [EvidenceItem]) -> [String] {
        var faults: [String] = []
        var previous = root(of: number)
        for (index, item) in items.enumerated() {
            if item.seq != index + 1 { faults.append("第 \(index + 1) 项的序号是 \(item.seq)，证据有缺失或增添") }
            if let body = item.body, SHA256.hash(body).hex != item.sha256 { faults.append("第 \(item.seq) 项“\(item.title)”的内容与其 SHA-256 不符") }
            let expected = link(
                previous: previous, seq: item.seq, kind: item.kind, title: item.title, sha256: item.sha256, occurrence: item.occurrence, addedAt: item.addedAt, isLate: item.isLate)
            if expected != item.chainedHash { faults.append("第 \(item.seq) 项“\(item.title)”的链式摘要不符") }
            previous = item.chainedHash
        }
        if previous != head { faults.append("证据链末端与报警记录不符，证据有缺失或增添") }
        return faults
    }
}

extension JSONValue {
    /// The same value with every object's members sorted by name (UTF-8 order), the last of repeated names kept: equal facts have equal bytes.
    package var canonical: JSONValue {
        switch self {
        case .array(let elements): return .array(elements.map(\.canonical))
        case .object(let object):
            var last: [String: JSONValue] = [:]
            for member in object.members { last[member.name] = member.value }
            let names = last.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            return .object(JSONObject(names.map { ($0, (last[$0] ?? .null).canonical) }))
        default: return self
        }
    }
}
