import Cryptography
import Kernel
import Storage
import Synchronization

/// Every client and key in memory, so that a request is judged without the database. Changes made in this process count from the moment they are durable; changes made by
/// another process are seen by `refreshIfChanged`.
package final class ClientDirectory: Sendable {
    /// What nodes tell each other; each then asks `refreshIfChanged`.
    package static let signal = "clients"

    struct KnownKey: Sendable {
        var row: SignedClientKey
        var key: PublicKey
    }

    struct State: Sendable {
        var version: Int64 = -1
        var clients: [Int64: SignedClient] = [:]
        var byNumber: [String: Int64] = [:]
        var keys: [Int64: KnownKey] = [:]
        /// Keys of one client for one object, oldest first.
        var byObject: [ClientObject: [Int64]] = [:]
        /// Raised by every change; a remembered token of another generation is judged afresh.
        var generation = 0
    }

    let state = Mutex(State())

    package init() {}

    /// Reads everything; keys already known are not parsed again.
    package func refresh(from database: any Database) async throws {
        let known = state.withLock { $0.keys }
        let fresh = try await database.read { reader in try ClientDirectory.read(reader, known: known) }
        state.withLock { state in
            guard fresh.version >= state.version else { return }
            let generation = state.generation + 1
            state = fresh
            state.generation = generation
        }
    }

    /// One small query unless another process changed something; for a job that runs every second.
    ///
    /// - Returns: whether anything was read.
    @discardableResult
    package func refreshIfChanged(from database: any Database) async throws -> Bool {
        let version = try await database.read { try ClientDirectory.version($0) }
        guard version != state.withLock({ $0.version }) else { return false }
        try await refresh(from: database)
        return true
    }

    /// By its accreditation number, whatever its state.
    package func client(accreditationNo: String) -> SignedClient? { state.withLock { state in state.byNumber[accreditationNo].flatMap { state.clients[$0] } } }
    package func client(_ id: Int64) -> SignedClient? { state.withLock { $0.clients[id] } }

    /// Whether one of the client's valid keys for the object made the signature.
    ///
    /// - Returns: the key's id.
    /// - Throws: `.badSignature`, with the reason a maintainer needs.
    package func verify(client: Int64, objectCode: String, signType: String?, signature: String?, canonical: [UInt8], now: Moment) throws(ClientRefusal) -> Int64 {
        guard let signature, let raw = Base64.decode(signature), !raw.isEmpty else { throw .badSignature(reason: "X-Sign 应为 Base64") }
        guard signType == "RSA2" || signType == "SM2" else { throw .badSignature(reason: "X-Sign-Type 应为 RSA2 或 SM2") }
        let (obstacle, keys) = state.withLock { state -> (String?, [KnownKey]) in
            guard let known = state.clients[client] else { return ("授权编号不存在", []) }
            if let obstacle = known.obstacle(at: now) { return (obstacle, []) }
            return (nil, (state.byObject[ClientObject(client: client, code: objectCode)] ?? []).compactMap { state.keys[$0] })
        }
        if let obstacle { throw .badSignature(reason: obstacle) }
        let matching = keys.filter { $0.row.kind == signType }
        let usable = matching.filter { $0.row.obstacle(at: now) == nil }
        guard !usable.isEmpty else { throw .badSignature(reason: matching.last?.row.obstacle(at: now) ?? "没有为该单位登记 \(signType ?? "") 公钥") }
        for known in usable where known.key.verify(signature: raw, over: canonical) { return known.row.id }
        throw .badSignature(reason: "与登记的公钥不符")
    }

    /// Puts one client as the transaction left it into memory once that is durable.
    func publish(client: Int64, in transaction: any Transaction) throws {
        try transaction.execute("INSERT INTO signed_versions (id, version) VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET version = signed_versions.version + 1")
        let version = try ClientDirectory.version(transaction)
        let row = try transaction.first("SELECT * FROM signed_clients WHERE id = \(client)").map(SignedClient.init)
        let keys = try transaction.rows("SELECT * FROM signed_client_keys WHERE client_id = \(client) ORDER BY id").compactMap { try Self.parsed(SignedClientKey($0), known: [:]) }
        transaction.signal(ClientDirectory.signal, "")
        transaction.afterCommit { [self] in
            state.withLock { state in
                for (object, ids) in state.byObject where object.client == client {
                    for id in ids { state.keys[id] = nil }
                    state.byObject[object] = nil
                }
                if let number = state.clients[client]?.accreditationNo { state.byNumber[number] = nil }
                state.clients[client] = row
                if let number = row?.accreditationNo { state.byNumber[number] = client }
                for key in keys { state.add(key) }
                // A gap means that another process changed something too: leave the old number, and the next look at it reads everything.
                if version == state.version + 1 { state.version = version }
                state.generation += 1
            }
        }
    }

    private static func version(_ reader: any Reader) throws -> Int64 { try reader.value("SELECT version FROM signed_versions WHERE id = 1")?.int ?? 0 }

    private static func read(_ reader: any Reader, known: [Int64: KnownKey]) throws -> State {
        var state = State()
        state.version = try version(reader)
        try reader.each("SELECT * FROM signed_clients") { row in
            let client = SignedClient(row)
            state.clients[client.id] = client
            if let number = client.accreditationNo { state.byNumber[number] = client.id }
            return true
        }
        try reader.each("SELECT * FROM signed_client_keys ORDER BY id") { row in
            if let key = try parsed(SignedClientKey(row), known: known) { state.add(key) }
            return true
        }
        return state
    }

    private static func parsed(_ row: SignedClientKey, known: [Int64: KnownKey]) throws -> KnownKey? {
        if let old = known[row.id], old.row.fingerprint == row.fingerprint { return KnownKey(row: row, key: old.key) }
        return KnownKey(row: row, key: try PublicKey(pem: row.pem))
    }
}

extension ClientDirectory.State {
    mutating func add(_ key: ClientDirectory.KnownKey) {
        keys[key.row.id] = key
        byObject[ClientObject(client: key.row.client, code: key.row.objectCode), default: []].append(key.row.id)
    }
}

struct ClientObject: Hashable, Sendable {
    var client: Int64
    var code: String
}
