import Cryptography
import Foundation
import Kernel
import Synchronization

/// Blobs as files `root/ab/cd/<hash>` on this machine.
///
/// A file is written under a temporary name, flushed, renamed, and its folder flushed; only then does `put` return. Waiting puts share journal commits.
package final class LocalBlobs: BlobStore {
    private let files: LocalBlobFiles
    private let threads: DiskThreads

    /// Opens or creates the folder, and removes parts of puts that died more than a day ago.
    ///
    /// - Parameters:
    ///   - reserve: free bytes below which nothing is stored, so that the database beside it can still commit.
    ///   - isDurable: false for tests only.
    package convenience init(root: String, reserve: Int = 512 << 20, isDurable: Bool = true) throws {
        try self.init(LocalBlobFiles(root: root, reserve: reserve, isDurable: isDurable, isTemporary: false))
    }

    private init(_ files: LocalBlobFiles) {
        self.files = files
        threads = DiskThreads { files.store($0) }
    }

    deinit {
        threads.stop()
        files.removeIfTemporary()
    }

    /// A store of its own in /tmp for one test, removed with the last reference.
    package static func temporary() throws -> LocalBlobs {
        LocalBlobs(try LocalBlobFiles(root: NSTemporaryDirectory() + "/jianwei-blobs-" + UUID().uuidString, reserve: 0, isDurable: false, isTemporary: true))
    }

    package func put(_ bytes: [UInt8]) async throws -> Blob { try await threads.put(bytes) }

    package func writer(limit: Int) async throws -> any BlobWriter {
        let part = try await threads.run { [files] in try files.newPart() }
        return LocalBlobWriter(part, files: files, threads: threads, limit: limit)
    }

    package func open(_ hash: String) async throws -> (any BlobReader)? {
        guard let path = files.path(hash) else { return nil }
        return try await threads.run { [threads] in
            guard let descriptor = try BlobFile.openForReading(path), let facts = try BlobFile.facts(path) else { return nil }
            return LocalBlobReader(descriptor: descriptor, size: facts.size, threads: threads)
        }
    }

    package func size(_ hash: String) async throws -> Int? {
        guard let path = files.path(hash) else { return nil }
        return try await threads.run { try BlobFile.facts(path)?.size }
    }

    package func delete(_ hash: String, unlessPutSince moment: Moment?) async throws -> Bool {
        guard let path = files.path(hash) else { return false }
        return try await threads.run { [files] in try files.delete(path, unlessPutSince: moment) }
    }

    package func list(_ firstDigits: String) async throws -> [Blob] {
        try await threads.run { [files] in try files.list(firstDigits) }
    }

    /// Marks a file as used now, for `thin`. Nothing when there is no such file.
    package func touch(_ hash: String) async throws {
        guard let path = files.path(hash) else { return }
        try await threads.run { BlobFile.touch(path) }
    }

    /// For a store that is only a copy of another: removes what was put or touched longest ago until so many bytes are left. What is younger than `seconds` stays.
    ///
    /// - Returns: bytes that stay, and files that were removed.
    package func thin(to limit: Int, youngerThan seconds: Int64 = 600) async throws -> (bytes: Int, removed: Int) {
        try await threads.run { [files] in try files.thin(to: limit, youngerThan: seconds) }
    }

    package func figures() async -> [String: Double] {
        var figures = files.figures()
        figures["waiting"] = Double(threads.waiting)
        return figures
    }
}

/// A file under its temporary name.
struct BlobPart: Sendable {
    let descriptor: Int32
    let path: String
}

/// What the threads do; everything here blocks.
final class LocalBlobFiles: Sendable {
    let root: String
    private let reserve: Int
    private let isDurable: Bool
    private let isTemporary: Bool
    private let partNumber = Atomic<Int>(0)
    private let written = Atomic<Int>(0)
    private let writtenBytes = Atomic<Int>(0)
    private let known = Atomic<Int>(0)
    /// Held while a known blob is touched and while one is checked and removed, so that a put never relies on a file that retention is about to remove.
    let removal = Mutex<Void>(())

    init(root: String, reserve: Int, isDurable: Bool, isTemporary: Bool) throws {
        self.root = root
        self.reserve = reserve
        self.isDurable = isDurable
        self.isTemporary = isTemporary
        do {
            try FileManager.default.createDirectory(atPath: root + "/parts", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw BlobFailure.broken("create \(root): \(error)")
        }
        for name in BlobFile.names(in: root + "/parts") {
            let path = root + "/parts/" + name
            if let facts = try BlobFile.facts(path), facts.putAt < Clock.system.now.adding(seconds: -86_400) { _ = try BlobFile.remove(path) }
        }
    }

    func removeIfTemporary() { if isTemporary { try? FileManager.default.removeItem(atPath: root) } }

    /// - Returns: nil when the text is no hash, so that no request can name a file outside.
    func path(_ hash: String) -> String? {
        guard hash.utf8.count == 64, hash.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }) else { return nil }
        return folder(hash) + "/" + hash
    }

    private func folder(_ hash: String) -> String { root + "/" + hash.prefix(2) + "/" + hash.dropFirst(2).prefix(2) }

    func newPart() throws -> BlobPart {
        let free = try BlobFile.freeBytes(root)
        guard free >= reserve else { throw BlobFailure.diskFull("\(free) bytes free, \(reserve) reserved") }
        let number = partNumber.add(1, ordering: .relaxed).newValue
        let path = root + "/parts/\(getpid())-\(Clock.system.now.milliseconds)-\(number)"
        return BlobPart(descriptor: try BlobFile.create(path), path: path)
    }

    func discard(_ part: BlobPart) {
        BlobFile.close(part.descriptor)
        _ = try? BlobFile.remove(part.path)
    }

    /// Stores several files: all are written, then all flushed, then all renamed, then their folders flushed, each step finding most of its work done by the first flush.
    func store(_ puts: [BlobPut]) {
        var outcomes = puts.map { put in
            Result { () throws -> (Blob, BlobPart?) in
                let blob = Blob(hash: SHA256.hash(put.bytes).hex, size: put.bytes.count)
                return (blob, try isKnown(blob) ? nil : writePart(put.bytes))
            }
        }
        for index in outcomes.indices {
            guard case .success((let blob, let part?)) = outcomes[index] else { continue }
            outcomes[index] = Result {
                try place(part, as: blob)
                return (blob, part)
            }
        }
        flushFolders(&outcomes)
        for (put, outcome) in zip(puts, outcomes) { put.continuation.resume(with: outcome.map(\.0)) }
    }

    private func writePart(_ bytes: [UInt8]) throws -> BlobPart {
        let part = try newPart()
        do {
            try BlobFile.write(bytes, to: part.descriptor)
        } catch {
            discard(part)
            throw error
        }
        if isDurable { BlobFile.startFlush(part.descriptor) }
        return part
    }

    /// Gives a finished part its name; durable once its folder is flushed.
    private func place(_ part: BlobPart, as blob: Blob) throws {
        do {
            if isDurable { try BlobFile.flush(part.descriptor) }
            let folder = folder(blob.hash)
            if try BlobFile.facts(folder) == nil {
                let first = root + "/" + blob.hash.prefix(2)
                if try BlobFile.makeFolder(first), isDurable { try BlobFile.flushFolder(root) }
                if try BlobFile.makeFolder(folder), isDurable { try BlobFile.flushFolder(first) }
            }
            try BlobFile.rename(part.path, to: folder + "/" + blob.hash)
        } catch {
            discard(part)
            throw error
        }
        BlobFile.close(part.descriptor)
        written.add(1, ordering: .relaxed)
        writtenBytes.add(blob.size, ordering: .relaxed)
    }

    /// Known blobs too: another thread may have renamed one without having flushed its folder yet.
    private func flushFolders(_ outcomes: inout [Result<(Blob, BlobPart?), any Error>]) {
        guard isDurable else { return }
        var flushed: [String: Result<Void, any Error>] = [:]
        for index in outcomes.indices {
            guard case .success(let (blob, _)) = outcomes[index] else { continue }
            let folder = folder(blob.hash)
            let result = flushed[folder] ?? Result { try BlobFile.flushFolder(folder) }
            flushed[folder] = result
            if case .failure(let error) = result { outcomes[index] = .failure(error) }
        }
    }

    /// Ends a streamed part.
    func finish(_ part: BlobPart, as blob: Blob) throws -> Blob {
        if try isKnown(blob) {
            discard(part)
        } else {
            try place(part, as: blob)
        }
        if isDurable { try BlobFile.flushFolder(folder(blob.hash)) }
        return blob
    }

    private func isKnown(_ blob: Blob) throws -> Bool {
        guard let path = path(blob.hash) else { return false }
        return try removal.withLock { _ in
            guard let facts = try BlobFile.facts(path), facts.size == blob.size else { return false }
            BlobFile.touch(path)
            known.add(1, ordering: .relaxed)
            return true
        }
    }

    func delete(_ path: String, unlessPutSince moment: Moment?) throws -> Bool {
        try removal.withLock { _ in
            guard let facts = try BlobFile.facts(path) else { return false }
            if let moment, facts.putAt >= moment { return false }
            return try BlobFile.remove(path)
        }
    }

    func list(_ firstDigits: String) throws -> [Blob] {
        guard firstDigits.utf8.count == 2, firstDigits.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }) else { return [] }
        let first = root + "/" + firstDigits
        return try BlobFile.names(in: first).flatMap { second in
            try BlobFile.names(in: first + "/" + second).compactMap { name in
                guard let path = path(name), let facts = try BlobFile.facts(path) else { return nil }
                return Blob(hash: name, size: facts.size)
            }
        }
    }

    func figures() -> [String: Double] {
        [
            "free_bytes": Double((try? BlobFile.freeBytes(root)) ?? 0),
            "total_bytes": Double((try? BlobFile.totalBytes(root)) ?? 0),
            "written": Double(written.load(ordering: .relaxed)),
            "written_bytes": Double(writtenBytes.load(ordering: .relaxed)),
            "known": Double(known.load(ordering: .relaxed)),
        ]
    }
}
