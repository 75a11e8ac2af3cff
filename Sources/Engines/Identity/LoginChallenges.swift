import Cryptography
import Kernel
import Storage

/// Pictures to be read before a login is looked at again: each may be answered once, within three minutes. How one is drawn is the page's affair.
package struct LoginChallenges: Sendable {
    let database: any Database
    let clock: Clock

    package static let seconds: Int64 = 180
    /// Without characters that look alike.
    private static let alphabet = Array("ACDEFHJKLMNPRTUVWXY3479")

    /// - Returns: its id, for the form and for asking what to draw.
    package func make() async throws -> String {
        let id = SecureRandom.token(16)
        let answer = String((0..<4).map { _ in Self.alphabet[SecureRandom.below(Self.alphabet.count)] })
        let now = clock.now
        try await database.write { transaction in
            try transaction.execute("DELETE FROM login_challenges WHERE expires_at < \(now)")
            try transaction.execute("INSERT INTO login_challenges (id, answer, expires_at) VALUES (\(id), \(answer), \(now.adding(seconds: Self.seconds)))")
        }
        return id
    }

    /// What the picture shows; nil when it was answered or is too old.
    package func text(of id: String) async throws -> String? {
        let now = clock.now
        return try await database.read { try $0.value("SELECT answer FROM login_challenges WHERE id = \(id) AND expires_at > \(now)")?.text }
    }

    /// Uses it up, right or wrong.
    func accepts(_ answer: String, of id: String, in transaction: any Transaction) throws -> Bool {
        let wanted = try transaction.value("SELECT answer FROM login_challenges WHERE id = \(id) AND expires_at > \(clock.now)")?.text
        try transaction.execute("DELETE FROM login_challenges WHERE id = \(id)")
        return wanted.map { $0 == answer.uppercased().filter { !$0.isWhitespace } } ?? false
    }
}
