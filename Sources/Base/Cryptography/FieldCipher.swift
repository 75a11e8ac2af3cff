import Kernel
import Synchronization

/// Seals the values of one personal column so that they can still be found by their whole value: SM4-CTR whose vector is the HMAC-SM3 of the value, so that one value seals to one text
/// (a synthetic vector, as in RFC 5297). Equal values of a column are seen to be equal; nothing else is told.
///
/// Values from before sealing pass through as they are, so that a column is sealed while the program runs.
package struct FieldCipher: Sendable {
    /// What a stored text is, without being opened.
    package enum Kind: Sendable, Equatable { case plain, older, current }

    /// Begins every sealed text; no telephone number or name does.
    private static let mark = "~"

    private let column: String
    private let ring: KeyRing
    private let memory = Memory()

    init(_ ring: KeyRing, column: String) {
        self.ring = ring
        self.column = column
    }

    package func seal(_ text: String) throws -> String {
        let version = ring.newest
        if let known = memory.sealed(text, by: version.id) { return known }
        let sealed = try seal(text, version: version)
        memory.keep(text, sealed, by: version.id)
        return sealed
    }

    /// - Throws: `.unexpected` `JW-C021` when the key's version is unknown, `JW-C022` when the text was changed.
    package func open(_ stored: String) throws -> String {
        guard stored.hasPrefix(Self.mark) else { return stored }
        if let known = memory.opened(stored) { return known }
        guard let bytes = Base64.decodeURL(String(stored.dropFirst())), bytes.count >= 17 else { throw KeyRing.changed }
        guard let version = ring.versions.first(where: { $0.id == bytes[0] }) else { throw KeyRing.noKey(bytes[0]) }
        let keys = keys(of: version)
        let vector = Array(bytes[1..<17])
        let plain = try SM4.decrypt(Array(bytes[17...]), mode: .ctr, key: keys.cipher, iv: vector)
        guard constantTimeEqual(vectorOf(plain, keys.check), vector) else { throw KeyRing.changed }
        let text = String(decoding: plain, as: UTF8.self)
        memory.keep(opened: text, stored)
        return text
    }

    /// Every form in which the value may be stored, for `column IN (…)`.
    package func candidates(_ text: String) throws -> [String] { try ring.versions.map { try seal(text, version: $0) } + [text] }

    /// Whether the newest key sealed it.
    package func isCurrent(_ stored: String) -> Bool { kind(of: stored) == .current }

    package func kind(of stored: String) -> Kind {
        guard stored.hasPrefix(Self.mark) else { return .plain }
        // A sealed text that lost its form is no plain one: opening it says that it was changed.
        guard let version = Base64.decodeURL(String(stored.dropFirst()))?.first else { return .older }
        return Int(version) == ring.currentVersion ? .current : .older
    }

    private func seal(_ text: String, version: KeyRing.Version) throws -> String {
        let keys = keys(of: version)
        let plain = Array(text.utf8)
        let vector = vectorOf(plain, keys.check)
        return Self.mark + Base64.encodeURL([version.id] + vector + (try SM4.encrypt(plain, mode: .ctr, key: keys.cipher, iv: vector)))
    }

    private func keys(of version: KeyRing.Version) -> Keys {
        memory.keys(of: version.id) {
            let secret = [UInt8](version.secret)
            let cipher = HMAC.tag(.sm3, key: secret, over: Array("field.cipher.\(column)".utf8)).bytes
            return Keys(cipher: Array(cipher[0..<16]), check: HMAC.tag(.sm3, key: secret, over: Array("field.check.\(column)".utf8)).bytes)
        }
    }

    private func vectorOf(_ plain: [UInt8], _ key: [UInt8]) -> [UInt8] { Array(HMAC.tag(.sm3, key: key, over: plain).bytes[0..<16]) }

    fileprivate struct Keys: Sendable {
        let cipher: [UInt8]
        let check: [UInt8]
    }
}

/// Derived keys, and what was sealed and opened last: a gate sends the same fleets all day, and a list shows them on every row.
private final class Memory: Sendable {
    /// Values kept of each direction before they are forgotten together.
    private static let most = 4_096

    private struct State {
        var keys: [UInt8: FieldCipher.Keys] = [:]
        var version: UInt8 = 0
        var sealed: [String: String] = [:]
        var opened: [String: String] = [:]
    }

    private let state = Mutex(State())

    func keys(of version: UInt8, _ derive: () -> FieldCipher.Keys) -> FieldCipher.Keys {
        state.withLock { state in
            if let known = state.keys[version] { return known }
            let keys = derive()
            state.keys[version] = keys
            return keys
        }
    }

    func sealed(_ text: String, by version: UInt8) -> String? { state.withLock { $0.version == version ? $0.sealed[text] : nil } }
    func opened(_ stored: String) -> String? { state.withLock { $0.opened[stored] } }

    func keep(_ text: String, _ sealed: String, by version: UInt8) {
        state.withLock { state in
            if state.version != version || state.sealed.count >= Self.most { state.sealed.removeAll(keepingCapacity: true) }
            state.version = version
            state.sealed[text] = sealed
        }
    }

    func keep(opened text: String, _ stored: String) {
        state.withLock { state in
            if state.opened.count >= Self.most { state.opened.removeAll(keepingCapacity: true) }
            state.opened[stored] = text
        }
    }
}
