import Foundation
import Kernel

/// One server for one data directory: an advisory lock on `server.lock`, whose content tells commands where the server listens.
final class DirectoryLock: Sendable {
    private let descriptor: Int32
    private let path: String

    /// - Throws: `.conflict` `JW-A002` when another server holds the directory.
    init(_ directory: String) throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        path = directory + "/server.lock"
        let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard opened >= 0 else { throw Failure(.unavailable, "JW-A003", "无法使用数据目录 \(directory)", cause: String(cString: strerror(errno))) }
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
            close(opened)
            throw Failure(.conflict, "JW-A002", "数据目录 \(directory) 正由另一个见微服务使用")
        }
        ftruncate(opened, 0)
        descriptor = opened
    }

    func publish(port: Int, host: String, isSecure: Bool = false) throws {
        let text = "\(isSecure ? "https" : "http")://\(host == "0.0.0.0" || host.isEmpty ? "127.0.0.1" : host):\(port)\n"
        ftruncate(descriptor, 0)
        _ = text.withCString { pwrite(descriptor, $0, strlen($0), 0) }
    }

    func release() {
        ftruncate(descriptor, 0)
        close(descriptor)
    }

    /// Where the directory's server listens, with its scheme; nil when none runs.
    static func server(of directory: String) -> String? {
        let path = directory + "/server.lock"
        let opened = open(path, O_RDWR | O_CLOEXEC)
        guard opened >= 0 else { return nil }
        defer { close(opened) }
        if flock(opened, LOCK_EX | LOCK_NB) == 0 {
            flock(opened, LOCK_UN)
            return nil
        }
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        let address = text.trimmingCharacters(in: .whitespacesAndNewlines)
        return address.isEmpty ? nil : address
    }
}
