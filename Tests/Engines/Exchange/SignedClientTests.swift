import Cryptography
import Exchange
import Foundation
import Kernel
import Storage
import Synchronization
import TestDatabases
import Testing

@Suite("A-21 授权认证, A-29 通讯接口 · 签名与令牌")
struct SignedClientTests {
    static let now = Moment(milliseconds: 1_795_226_400_000)
    static let clock = Clock.fixed(now)
    static let ring = KeyRing.ephemeral()
    static let rsa = Result { try RSAPrivateKey.generate() }
    static let sm2 = Result { try SM2PrivateKey.generate() }

    /// A client that was approved, with one RSA key for E1.
    struct Scene {
        let database: any Database
        let clients: SignedClients
        let client: Int64
        let number: String
        let key: Int64
    }

    func scene() async throws -> Scene {
        let database = try await TestDatabase.make()
        let clients = SignedClients(keys: Self.ring)
        let pem = try Self.rsa.get().publicPEM()
        let (client, number, key) = try await database.write { transaction in
            for table in SignedClients.tables { try transaction.apply(.createTable(table)) }
            let client = try clients.apply(name: "演示运维", organisation: nil, contact: "", in: transaction, clock: Self.clock)
            let number = try clients.approve(client, validUntil: Self.now.adding(seconds: 86_400), by: "admin", in: transaction, clock: Self.clock)
            let key = try clients.addKey(client: client, objectCode: "E1", pem: pem, by: "admin", in: transaction, clock: Self.clock)
            return (client, number, key)
        }
        return Scene(database: database, clients: clients, client: client, number: number, key: key)
    }

    func request(
        nonce: String = "nonce-0123456789", timestamp: Moment = now, body: String = "{}", type: String = "RSA2", path: String = "/gate/v1/passes?a=1"
    ) throws -> SignedRequest {
        let digest = SHA256.hash(body)
        let canonical = SignatureCanon.bytes(method: "POST", pathWithQuery: path, timestamp: "\(timestamp.milliseconds)", nonce: nonce, bodySHA256hex: digest.hex)
        let signature = type == "SM2" ? try Self.sm2.get().sign(canonical) : try Self.rsa.get().sign(canonical)
        return SignedRequest(
            method: "POST", pathWithQuery: path, timestamp: "\(timestamp.milliseconds)", nonce: nonce, signType: type, signature: Base64.encode(signature), bodySHA256: digest)
    }

    @Test func canonicalBytesAreThePage() {
        let bytes = SignatureCanon.bytes(
            method: "POST", pathWithQuery: "/gate/v1/passes", timestamp: "1795226400000", nonce: "abcdefghijklmnop", bodySHA256hex: SHA256.hash("").hex)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == "POST\n/gate/v1/passes\n1795226400000\nabcdefghijklmnop\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test func believesATrueRequestOnce() async throws {
        let scene = try await scene()
        let request = try request()
        let pass = try scene.clients.authenticate(request, accreditationNo: scene.number, objectCode: "E1", now: Self.now)
        #expect(pass.key == scene.key && pass.client == scene.client)
        #expect(code { try scene.clients.authenticate(request, client: scene.client, objectCode: "E1", now: Self.now) } == "40104")
        scene.clients.nonces.release(pass.nonce)
        #expect(code { try scene.clients.authenticate(request, client: scene.client, objectCode: "E1", now: Self.now) } == nil, "a request without effect may be sent again")
    }

    @Test func eachWrongPartHasItsCode() async throws {
        let scene = try await scene()
        func verdict(_ change: (inout SignedRequest) -> Void, object: String = "E1", at now: Moment = Self.now) throws -> String? {
            var request = try request(nonce: "n-\(UUID().uuidString)")
            change(&request)
            return code { try scene.clients.authenticate(request, client: scene.client, objectCode: object, now: now) }
        }
        #expect(try verdict { _ in } == nil)
        #expect(try verdict { $0.method = "PUT" } == "40102")
        #expect(try verdict { $0.pathWithQuery += "&b=2" } == "40102")
        #expect(try verdict { $0.nonce = "another-nonce-123" } == "40102")
        #expect(try verdict { $0.bodySHA256 = SHA256.hash("other") } == "40102")
        #expect(try verdict { $0.signature = "!!" } == "40102")
        #expect(try verdict { $0.signature = nil } == "40102")
        #expect(try verdict { $0.signType = "SM2" } == "40102")
        #expect(try verdict { $0.signType = "MD5" } == "40102")
        #expect(try verdict({ _ in }, object: "E2") == "40102")
        #expect(try verdict { $0.timestamp = nil } == "40103")
        #expect(try verdict { $0.timestamp = "soon" } == "40103")
        #expect(try verdict({ _ in }, at: Self.now.adding(seconds: 301)) == "40103")
        #expect(try verdict({ _ in }, at: Self.now.adding(seconds: -301)) == "40103")
        #expect(try verdict({ _ in }, at: Self.now.adding(seconds: 300)) == nil)
    }

    @Test func forgedRequestsDoNotUseUpNonces() async throws {
        let scene = try await scene()
        var forged = try request()
        forged.signature = Base64.encode([UInt8](repeating: 1, count: 256))
        #expect(code { try scene.clients.authenticate(forged, client: scene.client, objectCode: "E1", now: Self.now) } == "40102")
        #expect(code { try scene.clients.authenticate(request(), client: scene.client, objectCode: "E1", now: Self.now) } == nil)
    }

    @Test func sm2AndRotation() async throws {
        let scene = try await scene()
        let pem = try Self.sm2.get().publicPEM()
        let second = try await scene.database.write { try scene.clients.addKey(client: scene.client, objectCode: "E1", pem: pem, by: "admin", in: $0, clock: Self.clock) }
        let again = try await scene.database.write { try scene.clients.addKey(client: scene.client, objectCode: "E1", pem: pem, by: "admin", in: $0, clock: Self.clock) }
        #expect(second == again)
        #expect(try scene.clients.authenticate(request(type: "SM2"), client: scene.client, objectCode: "E1", now: Self.now).key == second)
        #expect(try scene.clients.authenticate(request(nonce: "nonce-of-rsa-key-1"), client: scene.client, objectCode: "E1", now: Self.now).key == scene.key)
        try await scene.database.write { try scene.clients.revokeKey(scene.key, by: "admin", in: $0, clock: Self.clock) }
        #expect(code { try scene.clients.authenticate(request(nonce: "nonce-of-rsa-key-2"), client: scene.client, objectCode: "E1", now: Self.now) } == "40102")
        await #expect(throws: Failure.self) {
            let rsa = try Self.rsa.get().publicPEM()
            return try await scene.database.write { try scene.clients.addKey(client: scene.client, objectCode: "E1", pem: rsa, by: "admin", in: $0, clock: Self.clock) }
        }
    }

    @Test func tokensEndWithTimeKeyAndClient() async throws {
        let scene = try await scene()
        let tokens = scene.clients.tokens
        let token = tokens.issue(client: scene.client, objectCode: "E1", key: scene.key, now: Self.now)
        let grant = try tokens.verify(token, now: Self.now)
        #expect(grant == ClientGrant(client: scene.client, objectCode: "E1", key: scene.key, issuedAt: Self.now, expiresAt: Self.now.adding(seconds: 7200)))
        #expect(code { try tokens.verify(token, now: Self.now.adding(seconds: 7199)) } == nil)
        #expect(code { try tokens.verify(token, now: Self.now.adding(seconds: 7200)) } == "40101")
        #expect(code { try tokens.verify(nil, now: Self.now) } == "40101")
        for bad in ["", "a.b", token + "A", "A" + token, String(token.dropLast(3)), token.replacing(".", with: ""), String(repeating: "x", count: 4000)] {
            #expect(code { try tokens.verify(bad, now: Self.now) } == "40101")
        }
        let other = ClientTokens(directory: scene.clients.directory, keys: .ephemeral())
        #expect(code { try other.verify(token, now: Self.now) } == "40101")
        try await scene.database.write { try scene.clients.suspend(scene.client, by: "admin", in: $0, clock: Self.clock) }
        #expect(code { try tokens.verify(token, now: Self.now) } == "40101", "at once")
        _ = try await scene.database.write { try scene.clients.approve(scene.client, validUntil: Self.now.adding(seconds: 60), by: "admin", in: $0, clock: Self.clock) }
        #expect(code { try tokens.verify(token, now: Self.now) } == nil)
        #expect(code { try tokens.verify(token, now: Self.now.adding(seconds: 60)) } == "40101", "the accreditation is over")
        try await scene.database.write { try scene.clients.revokeKey(scene.key, by: "admin", in: $0, clock: Self.clock) }
        #expect(code { try tokens.verify(token, now: Self.now) } == "40101", "at once")
    }

    @Test func aFailedChangeChangesNothing() async throws {
        let scene = try await scene()
        struct Undo: Error {}
        await #expect(throws: Undo.self) {
            try await scene.database.write { transaction in
                try scene.clients.revoke(scene.client, by: "admin", in: transaction, clock: Self.clock)
                throw Undo()
            }
        }
        #expect(code { try scene.clients.authenticate(request(), client: scene.client, objectCode: "E1", now: Self.now) } == nil)
    }

    @Test func anotherProcessIsSeen() async throws {
        let scene = try await scene()
        let other = SignedClients(keys: Self.ring)
        try await other.load(from: scene.database, clock: Self.clock)
        #expect(try await other.directory.refreshIfChanged(from: scene.database) == false)
        let token = scene.clients.tokens.issue(client: scene.client, objectCode: "E1", key: scene.key, now: Self.now)
        #expect(code { try other.tokens.verify(token, now: Self.now) } == nil)
        try await scene.database.write { try scene.clients.revoke(scene.client, by: "admin", in: $0, clock: Self.clock) }
        #expect(try await other.directory.refreshIfChanged(from: scene.database))
        #expect(code { try other.tokens.verify(token, now: Self.now) } == "40101")
        await #expect(throws: Failure.self) { _ = try await scene.database.write { try scene.clients.approve(scene.client, validUntil: nil, by: "a", in: $0, clock: Self.clock) } }
    }

    @Test("重启不忘记用过的随机串")
    func restart() async throws {
        let scene = try await scene()
        let request = try request()
        let pass = try scene.clients.authenticate(request, client: scene.client, objectCode: "E1", now: Self.now)
        try await scene.database.write { try NonceGuard.record(pass.nonce, in: $0) }
        let later = Clock.fixed(Self.now.adding(seconds: 200))
        let restarted = SignedClients(keys: Self.ring)
        try await restarted.load(from: scene.database, clock: later)
        #expect(restarted.nonces.count == 1)
        #expect(code { try restarted.authenticate(request, client: scene.client, objectCode: "E1", now: later.now) } == "40104")
        #expect(try await NonceGuard.prune(scene.database, clock: .fixed(Self.now.adding(seconds: 601))) == 1)
    }

    @Test func nonceMemoryIsBounded() throws {
        let nonces = NonceGuard()
        for second in stride(from: Int64(0), through: 5000, by: 10) { _ = try nonces.take(client: 1, nonce: "nonce-at-second-\(second)", now: Self.now.adding(seconds: second)) }
        #expect(nonces.count < 300)
        #expect(code { try nonces.take(client: 1, nonce: "nonce-at-second-4500", now: Self.now.adding(seconds: 5000)) } == "40104")
        #expect(code { try nonces.take(client: 2, nonce: "nonce-at-second-4500", now: Self.now.adding(seconds: 5000)) } == nil, "another client's own")
        for bad in ["short", String(repeating: "x", count: 65), "nonce with spaces 1", nil] { #expect(code { try nonces.take(client: 1, nonce: bad, now: Self.now) } == "40102") }
    }

    @Test func platformKeysAreKept() throws {
        let folder = TestFolder()
        let first = try PlatformKeys(directory: folder.path, keys: Self.ring)
        let second = try PlatformKeys(directory: folder.path, keys: Self.ring)
        #expect(try first.published() == second.published())
        #expect(code { try PlatformKeys(directory: folder.path, keys: .ephemeral()) } != nil)
        let signature = try second.rsa.sign(Array("x".utf8))
        #expect(try PublicKey(pem: first.rsa.publicPEM()).verify(signature: signature, over: Array("x".utf8)))
    }
}
