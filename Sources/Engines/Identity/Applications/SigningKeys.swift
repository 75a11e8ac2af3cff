import Cryptography
import Kernel
import Storage

/// The keys of identity tokens: one of each algorithm signs, older ones are still published for a while so that tokens signed before a change check.
package struct SigningKeys: Sendable {
    let database: any Database
    let clock: Clock
    let keys: KeyRing

    private static let signDays: Int64 = 90
    private static let publishDays: Int64 = 8

    struct Signer: Sendable {
        var kid: String
        var key: TokenKey
    }

    func signer(_ algorithm: TokenKey.Algorithm, in transaction: any Transaction) throws -> Signer {
        let row = try transaction.first("SELECT kid, sealed FROM signing_keys WHERE algorithm = \(algorithm.rawValue) AND retired_at IS NULL ORDER BY id DESC LIMIT 1")
        if let row, let kid = row.text("kid"), let sealed = row.text("sealed") { return Signer(kid: kid, key: try TokenKey(pem: keys.open(sealed), algorithm)) }
        let made = try TokenKey.generate(algorithm)
        let kid = SecureRandom.token(9)
        let sealed = try keys.seal(made.pem())
        _ = try transaction.insert("INSERT INTO signing_keys (kid, algorithm, sealed, created_at) VALUES (\(kid), \(algorithm.rawValue), \(sealed), \(clock.now))")
        return Signer(kid: kid, key: made)
    }

    /// The published key set (RFC 7517); makes the first keys when there are none. SM2 keys stand in a set of their own: libraries that do not know the curve stumble over it.
    package func published(national: Bool = false) async throws -> JSONValue {
        let wanted: [TokenKey.Algorithm] = national ? [.sm2] : [.rs256, .es256]
        let since = clock.now.adding(seconds: -Self.publishDays * 86_400)
        return try await database.write { transaction in
            for algorithm in wanted { _ = try signer(algorithm, in: transaction) }
            let rows = try transaction.rows("SELECT kid, algorithm, sealed FROM signing_keys WHERE retired_at IS NULL OR retired_at > \(since) ORDER BY id DESC LIMIT 20")
            let list = try rows.compactMap { row -> JSONValue? in
                guard let algorithm = row.text("algorithm").flatMap(TokenKey.Algorithm.init), wanted.contains(algorithm), let kid = row.text("kid"), let sealed = row.text("sealed")
                else { return nil }
                let key = try TokenKey(pem: keys.open(sealed), algorithm)
                let members = try key.publicMembers().map { (name: $0.name, value: JSONValue.string($0.value)) }
                return .object(JSONObject(members + [("kid", .string(kid)), ("alg", .string(algorithm.rawValue)), ("use", "sig")]))
            }
            return ["keys": .array(list)]
        }
    }

    /// Retires keys that have signed long enough, or all of them; the next token is signed with a new one.
    package func rotate(all: Bool = false) async throws -> Int {
        let now = clock.now
        let before = all ? now.adding(seconds: 1) : now.adding(seconds: -Self.signDays * 86_400)
        return try await database.write { transaction in
            try transaction.execute("DELETE FROM signing_keys WHERE retired_at < \(now.adding(seconds: -Self.publishDays * 86_400))")
            return try transaction.execute("UPDATE signing_keys SET retired_at = \(now) WHERE retired_at IS NULL AND created_at < \(before)")
        }
    }
}
