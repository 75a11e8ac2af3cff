import Cryptography
import Kernel
import Storage

/// The second factor of one account as stored: the secret sealed with the key ring, recovery codes as hashes.
struct SecondFactorRecord: Sendable {
    var sealedSecret: String
    /// The half minute of the last code that was accepted.
    var lastStep: Int64
    /// SM3 of the codes that are left, in hexadecimal digits.
    var recovery: [String]

    /// Nil while there is none in force.
    init?(_ row: Row) {
        guard let sealed = row.text("totp_secret"), row.moment("totp_enabled_at") != nil else { return nil }
        sealedSecret = sealed
        lastStep = row.int("totp_step") ?? 0
        recovery = (row.text("recovery_codes") ?? "").split(separator: ",").map(String.init)
    }

    static func hash(ofRecovery code: String) -> String { SM3.hash("recovery:" + code.lowercased().filter { $0.isLetter || $0.isNumber }).hex }

    /// Uses a code up: what to store when it is right.
    ///
    /// - Returns: nil when it is wrong or was used before.
    func accepting(_ code: String, keys: KeyRing, at now: Moment) throws -> SecondFactorRecord? {
        var next = self
        let digits = code.filter(\.isNumber)
        if digits.count == OneTimeCode.digits, code.filter({ !$0.isWhitespace }).count == OneTimeCode.digits {
            guard let secret = Base64.decode(try keys.open(sealedSecret)), let step = OneTimeCode.matchingStep(digits, secret: secret, at: now, after: lastStep) else { return nil }
            next.lastStep = step
            return next
        }
        guard let index = recovery.firstIndex(of: Self.hash(ofRecovery: code)) else { return nil }
        next.recovery.remove(at: index)
        return next
    }

    func store(of user: Int64, in transaction: any Transaction) throws {
        try transaction.execute("UPDATE users SET totp_step = \(lastStep), recovery_codes = \(recovery.joined(separator: ",")) WHERE id = \(user)")
    }
}
