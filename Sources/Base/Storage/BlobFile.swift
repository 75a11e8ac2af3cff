import Foundation
import Kernel

/// The few file system calls the blob store makes; each throws a `Failure` with the call and its errno as the cause.
enum BlobFile {
    static func create(_ path: String) throws -> Int32 {
        let descriptor = Foundation.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("create", path) }
        return descriptor
    }

    /// - Returns: nil when there is no such file.
    static func openForReading(_ path: String) throws -> Int32? {
        let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC)
        if descriptor >= 0 { return descriptor }
        if errno == ENOENT { return nil }
        throw failure("open", path)
    }

    static func write(_ bytes: [UInt8], to descriptor: Int32) throws {
        try bytes.withUnsafeBytes { buffer in
            var offset = 0
            while offset < buffer.count {
                let count = Foundation.write(descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { throw failure("write", "") }
                offset += count
            }
        }
    }

    static func read(_ descriptor: Int32, offset: Int, length: Int) throws -> [UInt8] {
        var caught: Failure?
        let bytes = [UInt8](unsafeUninitializedCapacity: length) { buffer, filled in
            while filled < length {
                let count = pread(descriptor, buffer.baseAddress?.advanced(by: filled), length - filled, off_t(offset + filled))
                if count < 0 && errno == EINTR { continue }
                if count < 0 { caught = failure("read", "") }
                if count <= 0 { return }
                filled += count
            }
        }
        if let caught { throw caught }
        return bytes
    }

    /// Asks the kernel to begin writing (on Linux this advice does); the later flush then waits less, and one journal commit serves many files.
    static func startFlush(_ descriptor: Int32) { _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED) }

    static func flush(_ descriptor: Int32) throws {
        guard fsync(descriptor) == 0 else { throw failure("fsync", "") }
    }

    static func close(_ descriptor: Int32) { _ = Foundation.close(descriptor) }

    static func rename(_ path: String, to target: String) throws {
        guard Foundation.rename(path, target) == 0 else { throw failure("rename", target) }
    }

    static func flushFolder(_ path: String) throws {
        let descriptor = Foundation.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open folder", path) }
        defer { close(descriptor) }
        try flush(descriptor)
    }

    /// - Returns: true when the folder was not there before.
    static func makeFolder(_ path: String) throws -> Bool {
        if mkdir(path, 0o700) == 0 { return true }
        guard errno == EEXIST else { throw failure("mkdir", path) }
        return false
    }

    /// Size and time of the last put, or nil when there is no such file.
    static func facts(_ path: String) throws -> (size: Int, putAt: Moment)? {
        var facts = stat()
        if stat(path, &facts) == 0 {
            return (Int(facts.st_size), Moment(milliseconds: Int64(facts.st_mtim.tv_sec) * 1000 + Int64(facts.st_mtim.tv_nsec) / 1_000_000))
        }
        if errno == ENOENT || errno == ENOTDIR { return nil }
        throw failure("stat", path)
    }

    static func touch(_ path: String) { _ = utimensat(AT_FDCWD, path, nil, 0) }

    /// - Returns: false when there was no such file.
    static func remove(_ path: String) throws -> Bool {
        if unlink(path) == 0 { return true }
        guard errno == ENOENT else { throw failure("unlink", path) }
        return false
    }

    static func freeBytes(_ path: String) throws -> Int {
        var facts = statvfs()
        guard statvfs(path, &facts) == 0 else { throw failure("statvfs", path) }
        return Int(facts.f_bavail) * Int(facts.f_frsize)
    }

    static func totalBytes(_ path: String) throws -> Int {
        var facts = statvfs()
        guard statvfs(path, &facts) == 0 else { throw failure("statvfs", path) }
        return Int(facts.f_blocks) * Int(facts.f_frsize)
    }

    static func names(in path: String) -> [String] { (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] }

    private static func failure(_ call: String, _ path: String) -> Failure {
        let code = errno
        let cause = "\(call) \(path): \(String(cString: strerror(code)))"
        return code == ENOSPC || code == EDQUOT ? BlobFailure.diskFull(cause) : BlobFailure.broken(cause)
    }
}
