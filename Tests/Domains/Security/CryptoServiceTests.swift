import Cryptography
import Features
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Identity
import Kernel
import Ledgers
import NIOCore
import Security
import Storage
import Testing
import Web

@Suite("D17.6 密钥与密码服务", .serialized)
struct CryptoServiceTests {
    /// Real time: certificates are judged by it.
    private func house() async throws -> SecurityHouse { try await SecurityHouse(clock: .system) }

    private func active(_ house: SecurityHouse, _ name: String, _ purpose: SecurityKey.Purpose) async throws -> SecurityKey {
        let keys = KeyStore(platform: house.platform), guardian = house.person("guardian")
        return try await house.platform.database.write { tx in
            let made = try keys.make(KeyStore.Draft(name: name, title: "测试", purpose: purpose), by: guardian, in: tx)
            try keys.activate(made.id, by: guardian, in: tx)
            return try keys.find(made.id, tx)
        }
    }

    private func call(_ client: any TestClientProtocol, _ path: String, _ body: JSONValue, by login: String = "officer") async throws -> (HTTPResponse.Status, JSONValue) {
        try await client.execute(uri: "/api/v1/crypto/\(path)", method: .post, headers: SecurityHouse.bearer(login, json: true), body: ByteBuffer(bytes: body.bytes)) { answer in
            (answer.status, (try? JSONValue(parsing: String(buffer: answer.body))) ?? .null)
        }
    }

    private func base(_ text: String) -> JSONValue { .string(Base64.encode(Array(text.utf8))) }

    /// One answer of an operation that is good.
    private func good(_ client: any TestClientProtocol, _ path: String, _ body: JSONValue) async throws -> JSONValue {
        let (status, answer) = try await call(client, path, body)
        #expect(status == .ok)
        return answer
    }

    private func audited(_ house: SecurityHouse) async throws -> Int {
        try await house.platform.database.read { try $0.count("SELECT count(*) FROM audit WHERE object_kind = 'cryptoService'") }
    }

    @Test(arguments: ["raw", "pkcs7"]) func `signed and verified`(_ format: String) async throws {
        let house = try await house()
        _ = try await active(house, "sign", .sign)
        try await house.test { client in
            let signed = try await good(client, "sign", ["key": "sign", "data": base("合同"), "format": .string(format)])
            let signature = signed["signature"] ?? .null
            let same = try await good(client, "verify", ["key": "sign", "data": base("合同"), "signature": signature, "format": .string(format)])
            #expect(same["valid"] == true)
            let other = try await good(client, "verify", ["key": "sign", "data": base("合同改"), "signature": signature, "format": .string(format)])
            #expect(other["valid"] == false)
            let byCertificate = try await good(
                client, "verify", ["certificate": signed["certificate"] ?? .null, "data": base("合同"), "signature": signature, "format": .string(format)])
            #expect(byCertificate["valid"] == true)
        }
        #expect(try await audited(house) >= 1)
    }

    @Test func `digests and integrity codes`() async throws {
        let house = try await house()
        _ = try await active(house, "mac", .mac)
        try await house.test { client in
            let digest = try await good(client, "digest", ["data": base("abc")])
            #expect(digest["digest"] == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0")
            let mac = try await good(client, "mac", ["key": "mac", "data": base("行")])["mac"] ?? .null
            let same = try await good(client, "mac/verify", ["key": "mac", "data": base("行"), "mac": mac])
            #expect(same["valid"] == true)
            let other = try await good(client, "mac/verify", ["key": "mac", "data": base("列"), "mac": mac])
            #expect(other["valid"] == false)
        }
    }

    @Test(arguments: ["CTR", "CBC"]) func `encrypted and decrypted`(_ mode: String) async throws {
        let house = try await house()
        _ = try await active(house, "data", .data)
        try await house.test { client in
            let sealed = try await good(client, "encrypt", ["key": "data", "data": base("密"), "mode": .string(mode), "associated": base("第 7 行")])["data"] ?? .null
            let opened = try await good(client, "decrypt", ["key": "data", "data": sealed, "associated": base("第 7 行")])
            #expect(opened["data"] == base("密"))
            let (status, _) = try await call(client, "decrypt", ["key": "data", "data": sealed, "associated": base("第 8 行")])
            #expect(status == .unprocessableContent)
        }
    }

    @Test func `an envelope is opened by whom it is for`() async throws {
        let house = try await house()
        _ = try await active(house, "envelope", .envelope)
        try await house.test { client in
            let certificate = try await house.platform.database.read { try $0.value("SELECT certificate FROM security_keys WHERE name = 'envelope'")?.text ?? "" }
            let envelope = try await good(client, "envelopes/seal", ["recipients": [.string(certificate)], "data": base("信")])["envelope"] ?? .null
            let opened = try await good(client, "envelopes/open", ["key": "envelope", "envelope": envelope])
            #expect(opened["data"] == base("信"))
        }
    }

    @Test func `a time stamp proves what it was given for`() async throws {
        let house = try await house()
        _ = try await active(house, "stamp", .stamp)
        try await house.test { client in
            let digest = JSONValue.string(SM3.hash(Array("原文".utf8)).hex)
            let stamp = try await good(client, "timestamps", ["digest": digest, "subject": "合同 1"])
            #expect(stamp["serial"] == 1)
            let token = stamp["token"] ?? .null
            let same = try await good(client, "timestamps/verify", ["digest": digest, "token": token])
            #expect(same["valid"] == true)
            let other = try await good(client, "timestamps/verify", ["digest": .string(SM3.hash([1]).hex), "token": token])
            #expect(other["valid"] == false)
        }
        #expect(try await audited(house) >= 1)
    }

    @Test func `a time stamp over HTTP as RFC 3161 has it`() async throws {
        let house = try await house()
        let key = try await active(house, "stamp", .stamp)
        let imprint = SM3.hash(Array("原文".utf8))
        try await house.test { client in
            let answer = try await client.execute(
                uri: "/api/v1/crypto/tsa", method: .post, headers: SecurityHouse.bearer("officer", json: false), body: ByteBuffer(bytes: TimeStamp.query(sm3: imprint.bytes)))
            #expect(answer.status == .ok)
            let facts = try TimeStamp.verify(Array(answer.body.readableBytesView), certificate: key.certificate ?? "", imprint: imprint.bytes)
            #expect(facts?.serial == 1)
        }
    }

    @Test func `every wrong field is named, in Chinese, and counted`() async throws {
        let house = try await house()
        _ = try await active(house, "mac", .mac)
        try await house.test { client in
            let (status, answer) = try await call(client, "sign", ["data": "%%%", "format": "xml"])
            #expect(status == .unprocessableContent)
            #expect(answer["fields"]?.array?.compactMap { $0["field"]?.string } == ["key", "data", "format"])
            #expect(try await call(client, "sign", ["key": "mac", "data": base("x")]).1["fields"]?.array?.first?["message"]?.string?.contains("不能用于此操作") == true)
            #expect(try await call(client, "random", ["bytes": 0]).0 == .unprocessableContent)
            #expect(try await call(client, "timestamps", ["digest": .string(SM3.hash([1]).hex)]).0 == .serviceUnavailable)
            #expect(try await call(client, "decrypt", ["key": "mac", "data": base("short")]).0 == .unprocessableContent)
        }
        let failures = try await house.platform.database.read { try $0.count("SELECT count(*) FROM crypto_errors") }
        #expect(failures == 5)
    }

    @Test func `who manages keys does not use them, who has no right gets nothing, quotas hold`() async throws {
        let house = try await house()
        _ = try await active(house, "mac", .mac)
        try await house.test { client in
            #expect(try await call(client, "mac", ["key": "mac", "data": base("x")], by: "reader").0 == .forbidden)
            #expect(try await call(client, "mac", ["key": "mac", "data": base("x")], by: "guardian").0 == .forbidden)
            #expect(try await call(client, "mac", ["key": "mac", "data": base("x")], by: "sysadmin").0 == .forbidden)
            #expect(try await call(client, "mac", ["key": "mac", "data": base("x")]).0 == .ok)
            let form = ByteBuffer(string: "{\"caller\":\"user:\(house.person("officer").id)\",\"dailyCalls\":\"2\"}")
            try await client.execute(uri: "/security/crypto/quotas", method: .post, headers: SecurityHouse.bearer("guardian", json: true), body: form) {
                #expect($0.status.code < 400)
            }
            #expect(try await call(client, "mac", ["key": "mac", "data": base("x")]).0 == .ok)
            #expect(try await call(client, "mac", ["key": "mac", "data": base("x")]).0 == .tooManyRequests)
            try await client.execute(uri: "/security/crypto", method: .get, headers: SecurityHouse.bearer("reader")) {
                #expect($0.status == .ok && String(buffer: $0.body).contains("今日调用已达限额"))
            }
        }
    }

    @Test func `the life of a key: rotation opens history, a leak stops it, destruction takes two`() async throws {
        let house = try await house()
        let keys = KeyStore(platform: house.platform), guardian = house.person("guardian"), reader = house.person("reader"), database = house.platform.database
        await #expect(throws: Failure.self, "everything does not include keys") {
            _ = try await database.write { try keys.make(KeyStore.Draft(name: "data", title: "测试", purpose: .data), by: house.person("sysadmin"), in: $0) }
        }
        let first = try await active(house, "data", .data)
        try await house.test { client in
            let old = try await call(client, "encrypt", ["key": "data", "data": base("旧")]).1["data"] ?? .null
            let second = try await active(house, "data", .data)
            #expect(second.generation == 2)
            #expect(try await call(client, "decrypt", ["key": "data", "data": old]).1["data"] == base("旧"))
            #expect(try await call(client, "encrypt", ["key": "data", "data": base("新")]).1["generation"] == 2)
            await #expect(throws: Failure.self) { try await database.write { try keys.askDestruction(first.id, reason: "不再需要", by: guardian, in: $0) } }
            try await database.write { try keys.archive(first.id, by: guardian, in: $0) }
            #expect(try await call(client, "decrypt", ["key": "data", "data": old]).1["data"] == base("旧"))
            await #expect(throws: Failure.self) { try await database.write { try keys.destroy(first.id, by: reader, in: $0) } }
            try await database.write { try keys.askDestruction(first.id, reason: "超过保存期", by: guardian, in: $0) }
            await #expect(throws: Failure.self) { try await database.write { try keys.destroy(first.id, by: guardian, in: $0) } }
            try await database.write { try keys.destroy(first.id, by: reader, in: $0) }
            #expect(try await call(client, "decrypt", ["key": "data", "data": old]).0 == .unprocessableContent)
            try await database.write { try keys.stop(second.id, reason: "疑似泄露", by: guardian, in: $0) }
            #expect(try await call(client, "encrypt", ["key": "data", "data": base("新")]).0 == .unprocessableContent)
        }
        let (secret, acts) = try await database.read { reader in
            (
                try reader.value("SELECT secret FROM security_keys WHERE id = \(first.id)")?.text,
                try reader.rows("SELECT summary FROM audit WHERE object_kind = 'securityKey' AND object_id = \("\(first.id)") ORDER BY id").compactMap { $0[0].text }
            )
        }
        #expect(secret == nil && acts.count == 5 && acts.last?.contains("监销确认") == true)
    }

    @Test func `a backup opens for its custodian only and brings back what is missing, not what was destroyed`() async throws {
        let house = try await house()
        let keys = KeyStore(platform: house.platform), guardian = house.person("guardian"), reader = house.person("reader"), database = house.platform.database
        let now = Clock.system.now
        let custodian = try ServiceKey.generate(.sm2)
        let pem = try custodian.certificate(name: "保管人", serial: 5, from: now.adding(seconds: -60), until: now.adding(seconds: 86_400 * 30), use: .envelope)
        let row = try await house.platform.ledgers.create("securityCertificate", Draft(["title": "保管人", "use": "custodian", "state": "valid", "pem": .string(pem)]), by: guardian)
        let kept = try await active(house, "data", .data), gone = try await active(house, "mac", .mac)
        let backup = try await database.write { try keys.backup(to: row.id, by: guardian, in: $0) }
        await #expect(throws: Failure.self) { _ = try await database.write { try keys.backup(to: 999, by: guardian, in: $0) } }
        try await database.write { tx in
            try keys.stop(gone.id, reason: "疑似泄露", by: guardian, in: tx)
            try keys.askDestruction(gone.id, reason: "疑似泄露", by: guardian, in: tx)
            try keys.destroy(gone.id, by: reader, in: tx)
            try tx.execute("DELETE FROM security_keys WHERE id = \(kept.id)")
        }
        let stranger = try ServiceKey.generate(.sm2)
        await #expect(throws: Failure.self) { _ = try await database.write { try keys.restore(backup, key: stranger.pem(), certificate: pem, by: guardian, in: $0) } }
        let (restored, left) = try await database.write { try keys.restore(backup, key: custodian.pem(), certificate: pem, by: guardian, in: $0) }
        #expect(restored == 1 && left == 1)
        let states = try await database.read { try $0.rows("SELECT name, state FROM security_keys ORDER BY name").map { "\($0[0].text ?? "") \($0[1].text ?? "")" } }
        #expect(states == ["data retired", "mac destroyed"])
    }

    @Test func `files over the API: sealed as a stream, opened whole`() async throws {
        let house = try await house()
        _ = try await active(house, "file", .envelope)
        try await house.test { client in
            let text = ByteBuffer(bytes: (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 17) })
            let sealed = try await client.execute(uri: "/api/v1/crypto/files/seal?certificate=file", method: .post, headers: SecurityHouse.bearer("officer"), body: text) {
                $0.body
            }
            #expect(sealed.readableBytes > 300_000)
            try await client.execute(uri: "/api/v1/crypto/files/open?key=file", method: .post, headers: SecurityHouse.bearer("officer"), body: sealed) { #expect($0.body == text) }
            var cut = sealed
            _ = cut.readSlice(length: 1)
            try await client.execute(uri: "/api/v1/crypto/files/open?key=file", method: .post, headers: SecurityHouse.bearer("officer"), body: cut) {
                #expect($0.status == .unprocessableContent)
            }
            try await client.execute(uri: "/api/v1/crypto/files/seal?certificate=none", method: .post, headers: SecurityHouse.bearer("officer"), body: text) {
                #expect($0.status == .unprocessableContent)
            }
        }
    }

    @Test func `pages: keys are seen by those who may, never their secrets`() async throws {
        let house = try await house()
        let key = try await active(house, "sign", .sign)
        try await house.test { client in
            for (login, status) in [("guardian", HTTPResponse.Status.ok), ("reader", .ok), ("officer", .forbidden), ("county", .forbidden)] {
                for path in ["/security/keys", "/security/keys/\(key.id)"] {
                    try await client.execute(uri: path, method: .get, headers: SecurityHouse.bearer(login)) { answer in
                        #expect(answer.status == status, "\(login) \(path)")
                        #expect(!String(buffer: answer.body).contains("PRIVATE"))
                    }
                }
            }
            try await client.execute(uri: "/security/envelopes", method: .get, headers: SecurityHouse.bearer("officer")) { #expect($0.status == .ok) }
        }
    }
}
