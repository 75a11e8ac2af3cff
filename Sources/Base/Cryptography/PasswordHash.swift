import COpenSSL
import Kernel

/// Passwords as they are stored: scrypt (RFC 7914) with its cost in the text, `$scrypt$ln=15,r=8,p=1$salt$hash`, so that the cost can rise later.
package enum PasswordHash {
    /// Memory is 128 · r · 2^ln bytes: 32 MB at the standard cost, about 80 ms of one core.
    package struct Cost: Sendable, Equatable {
        package var logN: Int
        package var r: Int
        package var p: Int

        package init(logN: Int, r: Int, p: Int) {
            self.logN = logN
            self.r = r
            self.p = p
        }

        package static let standard = Cost(logN: 15, r: 8, p: 1)
        /// For tests only: no protection.
        package static let trivial = Cost(logN: 4, r: 1, p: 1)

        var isBearable: Bool { (1...18).contains(logN) && (1...16).contains(r) && (1...4).contains(p) }
    }

    /// - Throws: `.unavailable` `JW-C040` when there is no memory for it.
    package static func make(_ password: String, cost: Cost = .standard) throws -> String {
        let salt = SecureRandom.bytes(16)
        let hash = try derive(Array(password.utf8), salt: salt, cost: cost, length: 32)
        return "$scrypt$ln=\(cost.logN),r=\(cost.r),p=\(cost.p)$\(Base64.encodeURL(salt))$\(Base64.encodeURL(hash))"
    }

    /// In constant time; false for a text that is no password hash.
    ///
    /// - Throws: `.unavailable` `JW-C040`.
    package static func verify(_ password: String, against encoded: String) throws -> Bool {
        guard let parts = parse(encoded) else { return false }
        return constantTimeEqual(try derive(Array(password.utf8), salt: parts.salt, cost: parts.cost, length: parts.hash.count), parts.hash)
    }

    /// Whether the password should be hashed again at the next login because the cost has changed.
    package static func needsUpgrade(_ encoded: String, to cost: Cost = .standard) -> Bool { parse(encoded)?.cost != cost }

    /// A hash that no password has, to be verified for a login that does not exist: the answer then takes as long.
    package static func decoy(cost: Cost = .standard) -> String {
        "$scrypt$ln=\(cost.logN),r=\(cost.r),p=\(cost.p)$\(Base64.encodeURL(SecureRandom.bytes(16)))$\(Base64.encodeURL(SecureRandom.bytes(32)))"
    }

    /// The bare function, for its test vectors.
    package static func derive(_ password: [UInt8], salt: [UInt8], cost: Cost, length: Int) throws -> [UInt8] {
        var done: Int32 = 0
        let memory = UInt64(128 * cost.r) * ((1 << UInt64(cost.logN)) + UInt64(cost.p) + 2) + (1 << 20)
        let hash = [UInt8](unsafeUninitializedCapacity: length) { out, written in
            done = password.withUnsafeBytes { raw in
                EVP_PBE_scrypt(
                    raw.bindMemory(to: CChar.self).baseAddress, raw.count, salt, salt.count, 1 << UInt64(cost.logN), UInt64(cost.r), UInt64(cost.p), memory, out.baseAddress, length
                )
            }
            written = done == 1 ? length : 0
        }
        guard done == 1 else {
            ERR_clear_error()
            throw Failure(.unavailable, "JW-C040", "系统繁忙，请稍后再试", cause: "scrypt: no memory")
        }
        return hash
    }

    private static func parse(_ encoded: String) -> (cost: Cost, salt: [UInt8], hash: [UInt8])? {
        let parts = encoded.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].isEmpty, parts[1] == "scrypt", let salt = Base64.decodeURL(String(parts[3])), let hash = Base64.decodeURL(String(parts[4])),
            hash.count == 32
        else { return nil }
        var cost = Cost(logN: 0, r: 0, p: 0)
        for part in parts[2].split(separator: ",") {
            let pair = part.split(separator: "=")
            guard pair.count == 2, let value = Int(pair[1]) else { return nil }
            switch pair[0] {
            case "ln": cost.logN = value
            case "r": cost.r = value
            case "p": cost.p = value
            default: return nil
            }
        }
        return cost.isBearable ? (cost, salt, hash) : nil
    }
}
