import Cryptography
import Kernel
import Synchronization

/// What a token says, once it is believed.
package struct ClientGrant: Sendable, Equatable {
    package var client: Int64
    package var objectCode: String
    /// The key that asked for the token; revoking it ends the token.
    package var key: Int64
    package var issuedAt: Moment
    package var expiresAt: Moment

    package init(client: Int64, objectCode: String, key: Int64, issuedAt: Moment, expiresAt: Moment) {
        self.client = client
        self.objectCode = objectCode
        self.key = key
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
    }
}

/// Tokens that carry their own content under a message authentication code, so that no row is written or read for them.
///
///     base64url( 1 · client(8) · key(8) · issued(8) · expires(8) · object code ) "." base64url( HMAC-SM3 )
///
/// A token that was verified is remembered, which leaves one look into memory for the next request that bears it; every change of a client or key makes all of them be judged again.
package final class ClientTokens: Sendable {
    /// 7200 s (interfaces/gate.md).
    package static let lifetime: Int64 = 7200
    private static let remembered = 20_000

    private struct Memory: Sendable {
        var generation = -1
        var grants: [String: ClientGrant] = [:]
    }

    private let directory: ClientDirectory
    private let code: MACKey
    private let memory = Mutex(Memory())

    package init(directory: ClientDirectory, keys: KeyRing) {
        self.directory = directory
        code = keys.mac(purpose: "client-token")
    }

    package func issue(client: Int64, objectCode: String, key: Int64, now: Moment) -> String {
        var bytes: [UInt8] = [1]
        for value in [client, key, now.milliseconds, now.adding(seconds: Self.lifetime).milliseconds] { bytes += (0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * $0)) } }
        bytes += Array(objectCode.utf8)
        return Base64.encodeURL(bytes) + "." + Base64.encodeURL(code.tag(bytes).bytes)
    }

    /// - Throws: `.noToken` when it is missing, forged or over, or when its key or client is no longer valid.
    package func verify(_ token: String?, now: Moment) throws(ClientRefusal) -> ClientGrant {
        guard let token, !token.isEmpty else { throw .noToken(reason: "请求未带令牌") }
        let generation = directory.state.withLock { $0.generation }
        if let grant = memory.withLock({ $0.generation == generation ? $0.grants[token] : nil }) {
            try check(grant, now)
            return grant
        }
        let grant = try open(token)
        try check(grant, now)
        memory.withLock { memory in
            if memory.generation != generation || memory.grants.count >= Self.remembered {
                memory.generation = generation
                memory.grants.removeAll(keepingCapacity: true)
            }
            memory.grants[token] = grant
        }
        return grant
    }

    /// Time passes and validity ends without any change, so this is asked every time.
    private func check(_ grant: ClientGrant, _ now: Moment) throws(ClientRefusal) {
        guard now < grant.expiresAt else { throw .noToken(reason: "令牌已过期") }
        let obstacle = directory.state.withLock { state -> String? in
            guard let client = state.clients[grant.client], let key = state.keys[grant.key], key.row.client == grant.client, key.row.objectCode == grant.objectCode else {
                return "密钥已不存在"
            }
            return client.obstacle(at: now) ?? key.row.obstacle(at: now)
        }
        if let obstacle { throw .noToken(reason: obstacle) }
    }

    private func open(_ token: String) throws(ClientRefusal) -> ClientGrant {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard token.utf8.count <= 512, parts.count == 2, let bytes = Base64.decodeURL(String(parts[0])), let raw = Base64.decodeURL(String(parts[1])), let tag = Digest(bytes: raw),
            bytes.count >= 33, bytes[0] == 1, code.verifies(tag, over: bytes)
        else { throw .noToken(reason: "令牌无效") }
        func value(_ index: Int) -> Int64 { bytes[(1 + 8 * index)..<(9 + 8 * index)].reduce(0) { $0 << 8 | Int64($1) } }
        return ClientGrant(
            client: value(0), objectCode: String(decoding: bytes[33...], as: UTF8.self), key: value(1), issuedAt: Moment(milliseconds: value(2)),
            expiresAt: Moment(milliseconds: value(3)))
    }
}
