import Foundation
import Kernel
import StorageS3

/// Where a data directory's database, keys and files are, when they are not in the directory itself: what several nodes share.
///
/// Kept in the directory's file `placement` (mode 0600: the address may hold a password) when `serve` is told, so that `admin`, `verify` and the next start need not be.
struct Placement: Sendable, Equatable {
    /// `postgres://user@host/name`; nil for the embedded database.
    var database: String?
    /// A directory that every node sees, with `keys/` and `blobs/`; nil for the data directory itself.
    var shared: String?
    /// `s3://KEY:SECRET@host/bucket?region=…&cache=GB`, or `s3+http://` inside a machine room; nil for files below the shared or data directory.
    var blobs: String?
    /// `postgres://…` of one standby that answers lists and statistics; nil for none.
    var replica: String?

    /// What the directory remembers, overruled by what is given now.
    ///
    /// - Throws: `Failure` `.invalid` `JW-A004` for an address that is none; `.conflict` `JW-A005` where the directory already has a database of another kind.
    static func resolve(_ directory: String, database: String? = nil, shared: String? = nil, blobs: String? = nil, replica: String? = nil) throws -> Placement {
        var placement = read(directory)
        let old = placement
        if let database {
            guard database.hasPrefix("postgres://") || database.hasPrefix("postgresql://") else {
                throw Failure(.invalid, "JW-A004", "--database 应为 postgres://用户@主机/库名")
            }
            guard placement.database != nil || !FileManager.default.fileExists(atPath: directory + "/jianwei.sqlite") else {
                throw Failure(.conflict, "JW-A005", "数据目录 \(directory) 已有内置数据库，请先用 jianwei move 迁移")
            }
            placement.database = database
        }
        if let shared { placement.shared = shared }
        if let blobs {
            placement.blobs = blobs
            _ = try placement.account()
        }
        if let replica {
            guard replica.isEmpty || replica.hasPrefix("postgres://") || replica.hasPrefix("postgresql://") else {
                throw Failure(.invalid, "JW-A004", "--replica 应为一台备库的地址 postgres://用户@主机/库名")
            }
            placement.replica = replica.isEmpty ? nil : replica
        }
        if placement != old { try placement.write(directory) }
        return placement
    }

    func write(_ directory: String) throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let lines = [database.map { "database=\($0)" }, shared.map { "shared=\($0)" }, blobs.map { "blobs=\($0)" }, replica.map { "replica=\($0)" }].compactMap { $0 }
        let path = directory + "/placement"
        guard FileManager.default.createFile(atPath: path, contents: Data((lines.joined(separator: "\n") + "\n").utf8), attributes: [.posixPermissions: 0o600]) else {
            throw Failure(.unavailable, "JW-A003", "无法使用数据目录 \(directory)", cause: "cannot write \(path)")
        }
    }

    static func read(_ directory: String) -> Placement {
        var placement = Placement()
        guard let text = try? String(contentsOfFile: directory + "/placement", encoding: .utf8) else { return placement }
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { continue }
            switch parts[0] {
            case "database": placement.database = parts[1]
            case "shared": placement.shared = parts[1]
            case "blobs": placement.blobs = parts[1]
            case "replica": placement.replica = parts[1]
            default: break
            }
        }
        return placement
    }

    /// - Returns: nil where files are kept locally.
    /// - Throws: `Failure` `.invalid` `JW-A006` for an address that is none.
    func account() throws -> S3Blobs.Account? {
        guard let blobs else { return nil }
        guard let parts = URLComponents(string: blobs), let host = parts.host, let key = parts.user, let secret = parts.password, ["s3", "s3+http"].contains(parts.scheme),
            !parts.path.dropFirst().isEmpty
        else { throw Failure(.invalid, "JW-A006", "--blobs 应为 s3://访问密钥:私密密钥@主机/桶名") }
        let endpoint = (parts.scheme == "s3" ? "https://" : "http://") + host + (parts.port.map { ":\($0)" } ?? "")
        let region = parts.queryItems?.first { $0.name == "region" }?.value ?? "us-east-1"
        var account = S3Blobs.Account(endpoint: endpoint, bucket: String(parts.path.dropFirst()), region: region, accessKey: key, secretKey: secret)
        if let cache = parts.queryItems?.first(where: { $0.name == "cache" })?.value {
            guard let gigabytes = Double(cache), gigabytes >= 0, gigabytes < 1_000_000 else { throw Failure(.invalid, "JW-A006", "--blobs 中 cache 应为本地副本的上限，单位 GB，如 cache=50") }
            account.cacheLimit = Int(gigabytes * Double(1 << 30))
        }
        return account
    }
}
