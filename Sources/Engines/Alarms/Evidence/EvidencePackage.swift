import Cryptography
import Exchange
import Foundation
import Identity
import Kernel
import Storage
import Synchronization

/// All evidence of one alarm in one zip that anybody can check.
package enum EvidencePackage {
    /// What goes into a package, read in one snapshot.
    package struct Subject: Sendable {
        package var alarm: Alarm
        package var kindTitle: String
        package var events: [AlarmEvent]
        package var items: [EvidenceItem]
        package var awaited: [(sha256: String, title: String, since: Moment)]
    }

    /// A finished package.
    package struct Receipt: Sendable, Equatable {
        /// Lowercase SHA-256 of `manifest.json`, for the audit row.
        package var manifestSHA256: String
        package var files: Int
        /// Pieces of evidence whose file could not be read.
        package var missing: Int
    }

    /// Writes the package file by file; never more than one picture in memory.
    ///
    /// - Parameters:
    ///   - path: a file that does not exist yet; left incomplete when this throws.
    ///   - files: the bytes of a stored picture or document by its SHA-256; nil when it is not there.
    package static func write(
        _ subject: Subject, to path: String, by principal: Principal, at moment: Moment, on desk: PackageDesk, files: @escaping @Sendable (String) async throws -> [UInt8]?
    ) async throws -> Receipt {
        let exporter = PackageManifest.Exporter(name: principal.name, login: principal.login, organisation: principal.organisationName)
        let writer = PackageWriter()
        try await desk.run { try writer.open(path, moment) }
        var paths: [Int: String] = [:]
        var missing = 0
        for item in subject.items {
            let bytes: [UInt8]?
            if let body = item.body { bytes = Array(body.utf8) } else { bytes = try await files(item.sha256) }
            guard let bytes else {
                missing += 1
                continue
            }
            let name = Self.path(of: item, bytes)
            paths[item.seq] = name
            try await desk.run { try writer.add(name, bytes, stores: item.body == nil) }
        }
        let texts = [
            ("timeline.csv", PackageTexts.timeline(subject.events)), ("说明.txt", PackageTexts.readMe(subject, by: exporter, at: moment)), ("verify.py", PackageScript.text),
        ]
        let done = paths
        let digest = try await desk.run {
            for (name, text) in texts { try writer.add(name, Array(text.utf8)) }
            let manifest = PackageManifest(subject: subject, files: writer.files, paths: done, exportedBy: exporter, exportedAt: moment).json.bytes
            let digest = SHA256.hash(manifest).hex
            try writer.finish([(PackageManifest.path, manifest), (PackageManifest.digestPath, Array(digest.utf8))])
            return digest
        }
        return Receipt(manifestSHA256: digest, files: paths.count + texts.count + 2, missing: missing)
    }

    private static func path(of item: EvidenceItem, _ bytes: [UInt8]) -> String {
        let place = String(repeating: "0", count: max(0, 3 - String(item.seq).count)) + String(item.seq)
        switch item.kind {
        case .fact: return item.seq == 1 ? "facts.json" : "facts/\(place).json"
        case .video: return item.body == nil ? "video/\(place)-\(safe(item.title)).\(suffix(bytes))" : "video/\(place).json"
        case .photo: return "photos/\(place)-\(safe(item.title)).\(suffix(bytes))"
        case .document: return "documents/\(place)-\(safe(item.title)).\(suffix(bytes))"
        }
    }

    /// Letters and digits of every script, the rest as `_`.
    private static func safe(_ title: String) -> String { String(title.prefix(40).map { $0.isLetter || $0.isNumber || $0 == "-" ? $0 : "_" }) }

    private static func suffix(_ bytes: [UInt8]) -> String {
        let known: [(at: Int, mark: [UInt8], suffix: String)] = [
            (0, [0xFF, 0xD8], "jpg"), (0, [0x89, 0x50, 0x4E, 0x47], "png"), (8, Array("WEBP".utf8), "webp"), (0, Array("%PDF".utf8), "pdf"), (4, Array("ftyp".utf8), "mp4"),
        ]
        return known.first { bytes.count >= $0.at + $0.mark.count && Array(bytes[$0.at..<$0.at + $0.mark.count]) == $0.mark }?.suffix ?? "bin"
    }
}

/// One thread for zip work, so that no event loop and no shared pool waits for a disk; at most 64 pieces of work wait.
package final class PackageDesk: Sendable {
    private let thread = DiskThreads(limit: 1)
    private let waiting = Mutex(0)

    package init() {}

    deinit { thread.stop() }

    /// - Throws: what the body throws; `.unavailable` `JW-A030` when too many wait.
    func run<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
        guard
            waiting.withLock({ count in
                guard count < 64 else { return false }
                count += 1
                return true
            })
        else { throw Failure(.unavailable, "JW-A030", "正在打包的证据过多，请稍后再试") }
        defer { waiting.withLock { $0 -= 1 } }
        return try await thread.run(body)
    }
}

/// The archive being written and the list of what it holds.
private final class PackageWriter: Sendable {
    private struct State {
        var zip: ZipWriter?
        var files: [PackageManifest.File] = []
    }

    private let state = Mutex(State())

    var files: [PackageManifest.File] { state.withLock { $0.files } }

    func open(_ path: String, _ moment: Moment) throws { try state.withLock { $0.zip = try ZipWriter(path: path, moment: moment) } }

    func add(_ name: String, _ bytes: [UInt8], stores: Bool = false) throws {
        try state.withLock { state in
            try state.zip?.add(name, bytes, stores: stores)
            state.files.append(PackageManifest.File(path: name, bytes: bytes.count, sha256: SHA256.hash(bytes).hex))
        }
    }

    func finish(_ last: [(String, [UInt8])]) throws {
        try state.withLock { state in
            for (name, bytes) in last { try state.zip?.add(name, bytes) }
            try state.zip?.finish()
        }
    }
}

extension AlarmEngine {
    /// Everything of one alarm that a package holds.
    ///
    /// - Throws: `.forbidden` without `alarm.export`; `.notFound` outside the scope.
    package func packageSubject(_ id: Int64, by principal: Principal, in reader: any Reader) throws -> EvidencePackage.Subject {
        try principal.require(AlarmPermission.export, "导出报警证据包")
        let alarm = try required(id, by: principal, in: reader)
        return EvidencePackage.Subject(
            alarm: alarm, kindTitle: title(ofKind: alarm.kind), events: try timeline(of: id, by: principal, in: reader), items: try evidence(of: id, by: principal, in: reader),
            awaited: try awaitedPhotos(of: id, in: reader))
    }

    /// Writes that a package left the house, with the manifest's digest, into timeline and audit chain.
    package func recordExport(_ receipt: EvidencePackage.Receipt, of alarm: Alarm, by principal: Principal, in tx: any Transaction) throws {
        try record("export", of: alarm.id, from: alarm.state, to: alarm.state, text: "清单 SHA-256 \(receipt.manifestSHA256)", by: principal, at: clock.now, in: tx)
        let details: JSONValue = ["manifestSHA256": .string(receipt.manifestSHA256), "files": .int(Int64(receipt.files)), "chainHead": .string(alarm.chainHead)]
        try hooks.audit(AuditEntry("export", "alarm", "\(alarm.id)", "导出报警 \(alarm.number) 的证据包", details: details), principal, tx)
    }
}
