import Kernel
import Synchronization

/// Collects parts into 256 KB before it goes to the disk.
final class LocalBlobWriter: BlobWriter {
    private struct State: Sendable {
        var pending: [UInt8] = []
        var size = 0
        var hash = RunningHash()
        var isFinished = false
    }

    private static let chunk = 256 << 10

    private let part: BlobPart
    private let files: LocalBlobFiles
    private let threads: DiskThreads
    private let limit: Int
    private let state = Mutex(State())

    init(_ part: BlobPart, files: LocalBlobFiles, threads: DiskThreads, limit: Int) {
        self.part = part
        self.files = files
        self.threads = threads
        self.limit = limit
    }

    deinit { if !state.withLock({ $0.isFinished }) { files.discard(part) } }

    func append(_ bytes: [UInt8]) async throws {
        let limit = limit
        let ready: [UInt8]? = try state.withLock { state in
            state.size += bytes.count
            guard state.size <= limit else { throw BlobFailure.tooLarge(limit) }
            state.pending += bytes
            guard state.pending.count >= Self.chunk else { return nil }
            let ready = state.pending
            state.pending = []
            return ready
        }
        if let ready { try await write(ready) }
    }

    func finish() async throws -> Blob {
        let rest = state.withLock { state in
            let rest = state.pending
            state.pending = []
            return rest
        }
        try await write(rest)
        let blob = state.withLock { state in
            state.isFinished = true
            return Blob(hash: state.hash.hex, size: state.size)
        }
        return try await threads.run { [files, part] in try files.finish(part, as: blob) }
    }

    private func write(_ bytes: [UInt8]) async throws {
        let hash = state.withLock { $0.hash }
        let part = part
        try await threads.run {
            _ = hash.adding(bytes)
            try BlobFile.write(bytes, to: part.descriptor)
        }
    }
}

final class LocalBlobReader: BlobReader {
    let size: Int
    private let descriptor: Int32
    private let threads: DiskThreads

    init(descriptor: Int32, size: Int, threads: DiskThreads) {
        self.descriptor = descriptor
        self.size = size
        self.threads = threads
    }

    deinit { BlobFile.close(descriptor) }

    func read(offset: Int, length: Int) async throws -> [UInt8] {
        let length = min(length, size - offset)
        guard offset >= 0, length > 0 else { return [] }
        return try await threads.run { [self] in try BlobFile.read(descriptor, offset: offset, length: length) }
    }
}
