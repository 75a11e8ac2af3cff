import Foundation
import Kernel

extension KeyRing {
    /// The file's name in the data directory.
    package static let fileName = "keys.json"

    /// Reads the key file of a data directory; at the first start creates it with one key and mode 0600.
    ///
    /// - Throws: `.unavailable` `JW-C030` when it cannot be read or written, `JW-C031` when others than its owner may read it, `JW-C032` when its content is broken.
    package init(directory: String) throws {
        let path = directory + "/" + Self.fileName
        if !FileManager.default.fileExists(atPath: path) {
            try KeyFile.create([Version(id: 1, secret: Data(SecureRandom.bytes(32)))], at: path, replaces: false)
        }
        self.init(versions: try KeyFile.read(path))
    }

    /// Takes what the file holds now, in every place that holds this ring: after a rotation, without a restart.
    ///
    /// - Throws: as `init(directory:)`.
    package func reload(directory: String) throws {
        let read = try KeyFile.read(directory + "/" + Self.fileName)
        guard read.map(\.id) != versions.map(\.id) else { return }
        adopt(KeyRing(versions: read))
    }

    /// Adds a key to the file; what older keys sealed still opens. A running server takes it up with `reload`.
    ///
    /// - Throws: as `init(directory:)`; `.conflict` `JW-C033` after 255 versions.
    package static func rotate(directory: String) throws -> KeyRing {
        let ring = try KeyRing(directory: directory)
        guard let last = ring.versions.last, last.id < 255 else { throw Failure(.conflict, "JW-C033", "密钥版本已用尽") }
        let versions = ring.versions + [Version(id: last.id + 1, secret: Data(SecureRandom.bytes(32)))]
        try KeyFile.create(versions, at: directory + "/" + fileName, replaces: true)
        return KeyRing(versions: versions)
    }
}

private enum KeyFile {
    struct Content: Codable {
        var versions: [KeyRing.Version]
    }

    static func read(_ path: String) throws -> [KeyRing.Version] {
        let attributes: [FileAttributeKey: Any]
        let data: Data
        do {
            attributes = try FileManager.default.attributesOfItem(atPath: path)
            data = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw Failure(.unavailable, "JW-C030", "密钥文件无法读取：\(path)", cause: "\(error)")
        }
        if let mode = attributes[.posixPermissions] as? Int, mode & 0o077 != 0 {
            throw Failure(.unavailable, "JW-C031", "密钥文件的权限过宽（应为 0600）：\(path)", cause: String(mode, radix: 8))
        }
        guard let content = try? JSONDecoder().decode(Content.self, from: data), !content.versions.isEmpty, content.versions.allSatisfy({ $0.secret.count == 32 && $0.id > 0 }),
            Set(content.versions.map(\.id)).count == content.versions.count
        else { throw Failure(.unavailable, "JW-C032", "密钥文件内容有误：\(path)") }
        return content.versions.sorted { $0.id < $1.id }
    }

    /// Whole or not at all: written beside, made durable, then moved into place. Two servers starting together keep the first one's file.
    static func create(_ versions: [KeyRing.Version], at path: String, replaces: Bool) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        let bytes = [UInt8](try encoder.encode(Content(versions: versions)))
        let beside = "\(path).\(SecureRandom.token(6))"
        let file = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failed(path, errno) }
        defer {
            close(file)
            unlink(beside)
        }
        guard write(file, bytes, bytes.count) == bytes.count, fsync(file) == 0 else { throw failed(path, errno) }
        if replaces {
            guard rename(beside, path) == 0 else { throw failed(path, errno) }
        } else {
            guard link(beside, path) == 0 || errno == EEXIST else { throw failed(path, errno) }
        }
        let folder = open((path as NSString).deletingLastPathComponent, O_RDONLY | O_CLOEXEC)
        guard folder >= 0 else { return }
        fsync(folder)
        close(folder)
    }

    private static func failed(_ path: String, _ code: Int32) -> Failure {
        Failure(.unavailable, "JW-C030", "密钥文件无法写入：\(path)", cause: String(cString: strerror(code)))
    }
}
