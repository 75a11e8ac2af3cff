import Cryptography
import Foundation
import Kernel

/// The private keys of the demonstration's maintenance units, made at the first start and kept in the data directory, readable by its owner only.
struct DemoKeys: Sendable {
    private let keys: [RSAPrivateKey]

    /// - Parameter folder: `data/demo`; made when absent.
    static func open(folder: String, count: Int) async throws -> DemoKeys {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let keys = try await withThrowingTaskGroup(of: (Int, RSAPrivateKey).self) { group in
            for index in 0..<count { group.addTask { (index, try key(at: "\(folder)/unit-\(index + 1).pem")) } }
            var found: [Int: RSAPrivateKey] = [:]
            for try await (index, key) in group { found[index] = key }
            return (0..<count).compactMap { found[$0] }
        }
        return DemoKeys(keys: keys)
    }

    private static func key(at path: String) throws -> RSAPrivateKey {
        if let bytes = FileManager.default.contents(atPath: path) { return try RSAPrivateKey(pem: String(decoding: bytes, as: UTF8.self)) }
        let key = try RSAPrivateKey.generate()
        let isWritten = FileManager.default.createFile(atPath: path, contents: Data(try key.pem().utf8), attributes: [.posixPermissions: 0o600])
        guard isWritten else { throw Failure(.unavailable, "JW-D001", "演示密钥无法写入 \(path)") }
        return key
    }

    func key(ofUnit unit: Int) -> RSAPrivateKey { keys[unit] }
}
