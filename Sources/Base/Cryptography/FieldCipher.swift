import Kernel

/// Seals the values of one personal column so that they can still be found by their whole value: SM4-CTR whose vector is the HMAC-SM3 of the value, so that one value seals to one text
/// (a synthetic vector, as in RFC 5297). Equal values are seen to be equal; nothing else is told.
///
/// Values from before sealing pass through as they are, so that a column is sealed while the program runs.
package struct FieldCipher: Sendable {
    /// Begins every sealed text; no telephone number or name does.
    private static let mark = "~"

    private let column: String
    private let ring: KeyRing

    init(_ ring: KeyRing, column: String) {
        self.ring = ring
        self.column = column
    }

    package func seal(_ text: String) throws -> String { try seal(text, version: ring.versions[ring.versions.count - 1]) }

    /// - Throws: `.unexpected` `JW-C021` when the key's version is unknown, `JW-C022` when the text was changed.
    package func open(_ stored: String) throws -> String {
        guard stored.hasPrefix(Self.mark) else { return stored }
        guard let bytes = Base64.decodeURL(String(stored.dropFirst())), bytes.count >= 17 else { throw KeyRing.changed }
        guard let version = ring.versions.first(where: { $0.id == bytes[0] }) else { throw KeyRing.noKey(bytes[0]) }
        let keys = keys(of: version)
        let vector = Array(bytes[1..<17])
        let plain = try SM4.decrypt(Array(bytes[17...]), mode: .ctr, key: keys.cipher, iv: vector)
        guard constantTimeEqual(vectorOf(plain, keys.check), vector) else { throw KeyRing.changed }
        return String(decoding: plain, as: UTF8.self)
    }

    /// Every form in which the value may be stored, for `column IN (…)`.
    package func candidates(_ text: String) throws -> [String] { try ring.versions.map { try seal(text, version: $0) } + [text] }

    /// Whether the newest key sealed it.
    package func isCurrent(_ stored: String) -> Bool {
        stored.hasPrefix(Self.mark) && Base64.decodeURL(String(stored.dropFirst()))?.first.map { Int($0) } == ring.currentVersion
    }

    private func seal(_ text: String, version: KeyRing.Version) throws -> String {
        let keys = keys(of: version)
        let plain = Array(text.utf8)
        let vector = vectorOf(plain, keys.check)
        return Self.mark + Base64.encodeURL([version.id] + vector + (try SM4.encrypt(plain, mode: .ctr, key: keys.cipher, iv: vector)))
    }

    private func keys(of version: KeyRing.Version) -> (cipher: [UInt8], check: [UInt8]) {
        let secret = [UInt8](version.secret)
        let cipher = HMAC.tag(.sm3, key: secret, over: Array("field.cipher.\(column)".utf8)).bytes
        return (Array(cipher[0..<16]), HMAC.tag(.sm3, key: secret, over: Array("field.check.\(column)".utf8)).bytes)
    }

    private func vectorOf(_ plain: [UInt8], _ key: [UInt8]) -> [UInt8] { Array(HMAC.tag(.sm3, key: key, over: plain).bytes[0..<16]) }
}
