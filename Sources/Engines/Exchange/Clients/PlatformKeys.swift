import Cryptography
import Foundation
import Kernel

/// The platform's own key pairs, by which others check what it signs. Kept sealed in the data directory, made at the first start.
package struct PlatformKeys: Sendable {
    package static let fileName = "platform-keys.json"

    package let rsa: RSAPrivateKey
    package let sm2: SM2PrivateKey

    /// - Throws: `.unavailable` `JW-X060` when the file cannot be read or written; `.unexpected` `JW-C021`, `JW-C022` when the key ring is another one.
    package init(directory: String, keys: KeyRing) throws {
        let path = directory + "/" + Self.fileName
        if let data = FileManager.default.contents(atPath: path) {
            let value: JSONValue
            do { value = try JSONValue(parsing: [UInt8](data)) } catch { throw Self.unreadable(path, "\(error)") }
            guard let sealedRSA = value["rsa"]?.string, let sealedSM2 = value["sm2"]?.string else { throw Self.unreadable(path, "no keys") }
            rsa = try RSAPrivateKey(pem: keys.open(sealedRSA))
            sm2 = try SM2PrivateKey(pem: keys.open(sealedSM2))
        } else {
            rsa = try RSAPrivateKey.generate()
            sm2 = try SM2PrivateKey.generate()
            let value: JSONValue = ["rsa": .string(try keys.seal(rsa.pem())), "sm2": .string(try keys.seal(sm2.pem()))]
            do {
                try Data(value.bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
                try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
            } catch { throw Self.unreadable(path, "\(error)") }
        }
    }

    /// For `GET /gate/v1/platform-key`: `{"RSA2": PEM, "SM2": PEM}`.
    package func published() throws -> JSONValue { ["RSA2": .string(try rsa.publicPEM()), "SM2": .string(try sm2.publicPEM())] }

    private static func unreadable(_ path: String, _ cause: String) -> Failure { Failure(.unavailable, "JW-X060", "平台密钥文件无法读写：\(path)", cause: cause) }
}
