import Foundation
import Kernel
import Synchronization

/// The installation's own keys: one file in the data directory, readable by the server's account only. Whoever loses it loses every sealed field, so backups carry it
/// apart from the data.
///
/// Keys have versions: the newest seals, every version opens.
package struct KeyRing: Sendable {
    struct Version: Sendable, Codable, Equatable {
        /// 1...255; the first byte of what it sealed.
        var id: UInt8
        /// 32 bytes, Base64.
        var secret: Data
    }

    /// One state for all who hold this ring, so that a rotation reaches them while they run.
    private let state: State

    /// Oldest first, never empty.
    var versions: [Version] { state.current.versions }

    /// The version that seals.
    var newest: Version {
        let versions = versions
        return versions[versions.count - 1]
    }

    init(versions: [Version]) { state = State(Content(versions)) }

    /// Takes over another ring's versions: what a rotation wrote to the file.
    func adopt(_ other: KeyRing) { state.replace(Content(other.versions)) }

    private final class State: Sendable {
        private let content: Mutex<Content>

        init(_ content: Content) { self.content = Mutex(content) }

        var current: Content { content.withLock { $0 } }
        func replace(_ new: Content) { content.withLock { $0 = new } }
    }

    private struct Content: Sendable {
        let versions: [Version]
        /// Sealing and checking keys of each version, derived once.
        let sealing: [UInt8: (cipher: [UInt8], check: [UInt8])]

        init(_ versions: [Version]) {
            self.versions = versions
            sealing = Dictionary(
                uniqueKeysWithValues: versions.map { version in
                    let secret = [UInt8](version.secret)
                    let cipher = Array(HMAC.tag(.sm3, key: secret, over: Array("seal.cipher".utf8)).bytes[0..<16])
                    return (version.id, (cipher, HMAC.tag(.sm3, key: secret, over: Array("seal.check".utf8)).bytes))
                })
        }
    }

    /// Seals and finds the values of one column, named `table.column`.
    package func field(_ column: String) -> FieldCipher { FieldCipher(self, column: column) }

    /// Keys that live as long as the process: tests and the demo.
    package static func ephemeral() -> KeyRing { KeyRing(versions: [Version(id: 1, secret: Data(SecureRandom.bytes(32)))]) }

    /// The newest version's number.
    package var currentVersion: Int { Int(versions.last?.id ?? 0) }

    /// Encrypted (SM4-CTR) and protected against change (HMAC-SM3): version, vector (16), text, tag (32).
    package func seal(_ bytes: [UInt8]) throws -> [UInt8] {
        let content = state.current
        guard let version = content.versions.last, let keys = content.sealing[version.id] else { throw Self.noKey(0) }
        let iv = SecureRandom.bytes(16)
        var sealed: [UInt8] = [version.id]
        sealed.reserveCapacity(bytes.count + 49)
        sealed += iv
        sealed += try SM4.encrypt(bytes, mode: .ctr, key: keys.cipher, iv: iv)
        sealed += HMAC.tag(.sm3, key: keys.check, over: sealed).bytes
        return sealed
    }

    /// - Throws: `.unexpected` `JW-C021` when the key's version is unknown, `JW-C022` when the bytes were changed.
    package func open(_ sealed: [UInt8]) throws -> [UInt8] {
        guard sealed.count >= 49 else { throw Self.changed }
        guard let keys = state.current.sealing[sealed[0]] else { throw Self.noKey(sealed[0]) }
        let body = Array(sealed[0..<(sealed.count - 32)])
        guard let tag = Digest(bytes: Array(sealed[(sealed.count - 32)...])), HMAC.verifies(tag, .sm3, key: keys.check, over: body) else { throw Self.changed }
        return try SM4.decrypt(Array(body[17...]), mode: .ctr, key: keys.cipher, iv: Array(body[1..<17]))
    }

    /// A text column's value: base64url of the sealed UTF-8.
    package func seal(_ text: String) throws -> String { Base64.encodeURL(try seal(Array(text.utf8))) }

    /// The counterpart of `seal(_: String)`.
    package func open(_ sealed: String) throws -> String {
        guard let bytes = Base64.decodeURL(sealed) else { throw Self.changed }
        return String(decoding: try open(bytes), as: UTF8.self)
    }

    /// Keys for checking what left the house and came back: cookies, tokens, links. `purpose` separates them, such as `csrf`.
    package func mac(purpose: String) -> MACKey {
        MACKey(keys: versions.reversed().map { HMAC.tag(.sm3, key: [UInt8]($0.secret), over: Array("mac.\(purpose)".utf8)).bytes })
    }

    /// A key that stays the same when versions are added, for columns by which sealed values are found again.
    package func stableMAC(purpose: String) -> MACKey {
        MACKey(keys: versions.prefix(1).map { HMAC.tag(.sm3, key: [UInt8]($0.secret), over: Array("index.\(purpose)".utf8)).bytes })
    }

    static func noKey(_ version: UInt8) -> Failure { Failure(.unexpected, "JW-C021", "加密数据的密钥版本不存在", cause: "version \(version)") }
    static let changed = Failure(.unexpected, "JW-C022", "加密数据已损坏或被改动")
}

/// Tags with the newest key, accepts the tags of every older one.
package struct MACKey: Sendable {
    /// Newest first, never empty.
    let keys: [[UInt8]]

    package func tag(_ bytes: [UInt8]) -> Digest { HMAC.tag(.sm3, key: keys[0], over: bytes) }
    package func tag(_ text: String) -> Digest { tag(Array(text.utf8)) }

    /// In constant time.
    package func verifies(_ tag: Digest, over bytes: [UInt8]) -> Bool { keys.contains { HMAC.verifies(tag, .sm3, key: $0, over: bytes) } }
    package func verifies(_ tag: Digest, over text: String) -> Bool { verifies(tag, over: Array(text.utf8)) }
}
