import Cryptography
import Features
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import NIOCore
import Storage
import Web

/// D17.7.1 统一密码服务: the calls under `/api/v1/crypto`, for people and for applications with the scope `cryptoService.use`. Data is Base64; answers say which generation of a key did it.
struct CryptoAPI: Sendable {
    let desk: CryptoDesk

    func add(to routes: Routes) {
        let uses = RoutePermission.named(SecurityPermission.cryptoUse)
        let api = routes.under("/api/v1/crypto")
        api.get("/keys", permission: uses, use: keys)
        api.post("/sign", permission: uses, use: sign)
        api.post("/verify", permission: uses, use: verify)
        api.post("/digest", permission: uses, use: digest)
        api.post("/mac", permission: uses, use: mac)
        api.post("/mac/verify", permission: uses, use: macVerify)
        api.post("/encrypt", permission: uses, use: encrypt)
        api.post("/decrypt", permission: uses, use: decrypt)
        api.post("/envelopes/seal", permission: uses, use: seal)
        api.post("/envelopes/open", permission: uses, use: open)
        api.post("/timestamps", permission: uses, use: stamp)
        api.post("/timestamps/verify", permission: uses, use: stampVerify)
        api.post("/tsa", permission: uses, use: tsa)
        api.post("/certificates/parse", permission: uses, use: parse)
        api.post("/random", permission: uses, use: random)
    }

    /// What may be called with: public halves only.
    @Sendable func keys(request: Request, context: WebContext) async throws -> Response {
        let found = try await desk.platform.database.read { reader in
            try reader.rows("SELECT * FROM security_keys WHERE state = 'active' ORDER BY name LIMIT 500").map { try SecurityKey($0) }
        }
        return .json([
            "items": .array(
                found.map {
                    [
                        "key": .string($0.name), "title": .string($0.title), "generation": .int(Int64($0.generation)), "purpose": .string($0.purpose.rawValue),
                        "publicKey": $0.publicPEM.map { .string($0) } ?? .null, "certificate": $0.certificate.map { .string($0) } ?? .null, "fingerprint": .string($0.fingerprint),
                    ]
                })
        ])
    }

    @Sendable func sign(request: Request, context: WebContext) async throws -> Response {
        let (body, who) = try await asked(request, context)
        return try await answer(.sign, body, who, "key", "data") {
            var input = CryptoInput(body)
            let name = input.text("key", "密钥"), data = input.bytes("data", "数据"), format = input.choice("format", "格式", usual: CryptoInput.Format.raw)
            try input.judge()
            let key = try await desk.active(name, .sign), pair = try desk.keys.pair(of: key)
            let signature =
                format == .raw
                ? try pair.sign(data) : try Envelope.sign(data, key: pair, certificate: key.certificate ?? "", isDetached: body["detached"]?.bool ?? false)
            return ["signature": .string(Base64.encode(signature)), "generation": .int(Int64(key.generation)), "certificate": .string(key.certificate ?? "")]
        }
    }

    /// With a key of ours by name, or anybody's certificate or public key; a PKCS#7 message brings its own certificate, which must then be one of ours or the one given.
    @Sendable func verify(request: Request, context: WebContext) async throws -> Response {
        let (body, who) = try await asked(request, context)
        return try await answer(.verify, body, who, "key", "signature") {
            var input = CryptoInput(body)
            let name = input.text("key", "密钥", isRequired: false), pem = input.text("certificate", "证书或公钥", isRequired: false)
            let format = input.choice("format", "格式", usual: CryptoInput.Format.raw), signature = input.bytes("signature", "签名")
            let hasData = body["data"]?.string != nil, data = input.bytes("data", "数据", isRequired: format == .raw)
            try input.judge()
            guard name.isEmpty != pem.isEmpty else { throw Failure.invalid([FieldFinding("key", "required", "密钥与证书填且只填一项", title: "密钥")]) }
            let trusted: [String]
            if pem.isEmpty {
                trusted = try await desk.opening(name, .sign).compactMap(\.publicPEM)
            } else {
                trusted = [Certificate.isCertificate(pem) ? try Certificate(pem: pem).keyPEM : pem]
            }
            let keys = try trusted.map { try SM2PublicKey(pem: $0) }
            guard format == .pkcs7 else { return ["valid": .bool(keys.contains { $0.verify(signature: signature, over: data) })] }
            guard let signed = try Envelope.verify(signature, content: hasData ? data : nil) else { return ["valid": false] }
            let signer = try Certificate(pem: signed.certificatePEM), own = try SM2PublicKey(pem: signer.keyPEM).fingerprint
            return [
                "valid": .bool(keys.contains { $0.fingerprint == own }), "subject": .string(signer.subject), "serial": .string(signer.serial),
                "data": .string(Base64.encode(signed.content)),
            ]
        }
    }

    @Sendable func digest(request: Request, context: WebContext) async throws -> Response {
        let (body, who) = try await asked(request, context)
        return try await answer(.digest, body, who, nil, "data") {
            var input = CryptoInput(body)
            let data = input.bytes("data", "数据"), hash = input.choice("algorithm", "算法", usual: CryptoInput.Hash.SM3)
            try input.judge()
            return ["digest": .string(hash == .SM3 ? SM3.hash(data).hex : SHA256.hash(data).hex), "algorithm": .string(hash.rawValue)]
        }
    }

    @Sendable func mac(request: Request, context: WebContext) async throws -> Response {
        let (body, who) = try await asked(request, context)
        return try await answer(.mac, body, who, "key", "data") {
            var input = CryptoInput(body)
            let name = input.text("key", "密钥"), data = input.bytes("data", "数据")
            try input.judge()
            let key = try await desk.active(name, .mac)
            return ["mac": .string(try desk.mac(data, with: key).hex), "generation": .int(Int64(key.generation))]
        }
    }

    @Sendable func macVerify(request: Request, context: WebContext) async throws -> Response {
        let (body, who) = try await asked(request, context)
        return try await answer(.macVerify, body, who, "key", "data") {
            var input = CryptoInput(body)
            let name = input.text("key", "密钥"), data = input.bytes("data", "数据"), text = input.text("mac", "完整性码")
            try input.judge()
            guard let given = Digest(hex: text) else { throw Failure.invalid([FieldFinding("mac", "format", "应为 64 位十六进制", title: "完整性码")]) }
            let keys = try await desk.opening(name, .mac)
            return ["valid": .bool(try keys.contains { try desk.mac(data, with: $0).equalsInConstantTime(given) })]
        }
    }

    @Sendable func encrypt(request: Request, context: WebContext) async throws -> Response {
        let (body, who) = try await asked(request, context)
        return try await answer(.encrypt, body, who, "key", "data") {
            var input = CryptoInput(body)
            let name = input.text("key", "密钥"), data = input.bytes("data", "数据"), associated = input.bytes("associated", "附加数据", isRequired: false)
            let mode = input.choice("mode", "模式", usual: CryptoInput.Mode.CTR)
            try input.judge()
            let key = try await desk.active(name, .data)
            return [
                "data": .string(Base64.encode(try desk.encrypt(data, mode: mode == .CBC ? .cbc : .ctr, associated: associated, with: key))),
                "generation": .int(Int64(key.generation)),
            ]
        }
    }

    @Sendable func decrypt(request: Request, context: WebContext) async throws -> Response {
        let (body, who) = try await asked(request, context)
        return try await answer(.decrypt, body, who, "key", "data") {
            var input = CryptoInput(body)
            let name = input.text("key", "密钥"), data = input.bytes("data", "密文"), associated = input.bytes("associated", "附加数据", isRequired: false)
            try input.judge()
            guard let generation = CryptoDesk.generation(of: data) else { throw Failure.invalid([FieldFinding("data", "format", "不是本服务的密文", title: "密文")]) }
            guard let key = try await desk.opening(name, .data, generation: generation).first else { throw Failure.notFound("密钥") }
            return ["data": .string(Base64.encode(try desk.decrypt(data, associated: associated, with: key))), "generation": .int(Int64(generation))]
        }
    }

    @Sendable func seal(request: Request, context: WebContext) async throws -> Response {
        let (body, who) = try await asked(request, context)
        return try await answer(.seal, body, who, nil, "data") {
            var input = CryptoInput(body)
            let data = input.bytes("data", "数据"), certificates = input.texts("recipients", "接收人证书", 1...50)
            try input.judge()
            do { return ["envelope": .string(Base64.encode(try Envelope.seal(data, for: certificates)))] } catch let failure as Failure where failure.kind == .invalid {
                throw Failure.invalid([FieldFinding("recipients", "format", failure.message, title: "接收人证书")])
            }
        }
    }

    @Sendable func open(request: Request, context: WebContext) async throws -> Response {
        let (body, who) = try await asked(request, context)
        return try await answer(.open, body, who, "key", "envelope") {
            var input = CryptoInput(body)
            let name = input.text("key", "密钥"), envelope = input.bytes("envelope", "信封")
            try input.judge()
            var refusal: Failure?
            for key in try await desk.opening(name, .envelope) {
                do {
                    let data = try Envelope.open(envelope, key: try desk.keys.pair(of: key), certificate: key.certificate ?? "")
                    return ["data": .string(Base64.encode(data)), "generation": .int(Int64(key.generation))]
                } catch let failure as Failure where failure.code == "JW-C043" { refusal = failure }
            }
            throw refusal ?? Failure.notFound("密钥")
        }
    }

    /// What a stamp is asked for.
    private struct StampWish {
        var query: [UInt8]
        var subject: String
        var imprint: String

        init(_ body: JSONValue) throws {
            var input = CryptoInput(body)
            let text = input.text("digest", "摘要"), hash = input.choice("algorithm", "算法", usual: CryptoInput.Hash.SM3)
            subject = input.text("subject", "对象", isRequired: false, limit: 200)
            try input.judge()
            let digest = try CryptoAPI.digest(text)
            query = hash == .SM3 ? TimeStamp.query(sm3: digest.bytes) : TimeStamp.query(sha256: digest.bytes)
            imprint = digest.hex
        }
    }

    private static func digest(_ text: String) throws -> Digest {
        guard let digest = Digest(hex: text) else { throw Failure.invalid([FieldFinding("digest", "format", "应为 64 位十六进制", title: "摘要")]) }
        return digest
    }

    /// A stamp for a digest; the token is RFC 3161, DER.
    @Sendable func stamp(request: Request, context: WebContext) async throws -> Response {
        let (body, who) = try await asked(request, context)
        return try await answer(.stamp, body, who, nil, nil) {
            let wish = try StampWish(body)
            let made = try await desk.stamp(wish.query, subject: wish.subject, imprint: wish.imprint, by: who)
            return told(made)
        }
    }

    private func told(_ made: CryptoDesk.Stamp) -> JSONValue {
        [
            "serial": .int(made.serial), "at": .string(desk.platform.clock.now.rfc3339), "token": .string(Base64.encode(made.answer)),
            "certificate": .string(made.key.certificate ?? ""),
        ]
    }

    /// RFC 3161 over HTTP: `application/timestamp-query` in, `application/timestamp-reply` out.
    @Sendable func tsa(request: Request, context: WebContext) async throws -> Response {
        let who = try context.signedIn()
        let query = try await request.bytes(context, limit: 16_384)
        let made = try await desk.run(.stamp, bytes: query.count, by: who) {
            try await desk.stamp(query, subject: "RFC 3161", imprint: SM3.hash(query).hex, by: who)
        }
        return .bytes(made.answer, contentType: "application/timestamp-reply")
    }

    @Sendable func stampVerify(request: Request, context: WebContext) async throws -> Response {
        let (body, who) = try await asked(request, context)
        return try await answer(.stampVerify, body, who, nil, "token") {
            let (token, imprint) = try CryptoAPI.claim(body)
            return try CryptoAPI.verdict(token, imprint, try await desk.stampCertificates())
        }
    }

    /// A token and what it is said to be for.
    private static func claim(_ body: JSONValue) throws -> (token: [UInt8], imprint: [UInt8]) {
        var input = CryptoInput(body)
        let token = input.bytes("token", "时间戳"), text = input.text("digest", "摘要")
        try input.judge()
        return (token, try digest(text).bytes)
    }

    private static func verdict(_ token: [UInt8], _ imprint: [UInt8], _ certificates: [String]) throws -> JSONValue {
        for certificate in certificates {
            guard let facts = try TimeStamp.verify(token, certificate: certificate, imprint: imprint) else { continue }
            return ["valid": true, "at": .string(facts.at.rfc3339), "serial": .int(facts.serial)]
        }
        return ["valid": false]
    }

    @Sendable func parse(request: Request, context: WebContext) async throws -> Response {
        let (body, who) = try await asked(request, context)
        return try await answer(.parse, body, who, nil, "certificate") {
            var input = CryptoInput(body)
            let pem = input.text("certificate", "证书")
            try input.judge()
            let certificate: Certificate
            do { certificate = try Certificate(pem: pem) } catch { throw Failure.invalid([FieldFinding("certificate", "format", "不是 PEM 格式的 X.509 证书", title: "证书")]) }
            return [
                "subject": .string(certificate.subject), "issuer": .string(certificate.issuer), "serial": .string(certificate.serial),
                "notBefore": .string(certificate.notBefore.rfc3339),
                "notAfter": .string(certificate.notAfter.rfc3339), "fingerprint": .string(certificate.fingerprint), "publicKey": .string(certificate.keyPEM),
            ]
        }
    }

    @Sendable func random(request: Request, context: WebContext) async throws -> Response {
        let (body, who) = try await asked(request, context)
        return try await answer(.random, body, who, nil, nil) {
            var input = CryptoInput(body)
            let count = input.number("bytes", "字节数", 1...4096)
            try input.judge()
            return ["data": .string(Base64.encode(SecureRandom.bytes(count)))]
        }
    }

    private func asked(_ request: Request, _ context: WebContext) async throws -> (JSONValue, Principal) {
        var who = try context.signedIn()
        who.address = context.address
        return (try await request.json(context), who)
    }

    private func answer(_ operation: CryptoOperation, _ body: JSONValue, _ who: Principal, _ key: String?, _ data: String?, _ work: @Sendable () async throws -> JSONValue)
        async throws -> Response
    {
        let bytes = data.flatMap { body[$0]?.string?.utf8.count }.map { $0 / 4 * 3 } ?? 0
        let name = key.flatMap { body[$0]?.string }.map { String($0.prefix(60)) } ?? ""
        return .json(try await desk.run(operation, key: name, bytes: bytes, by: who, work))
    }
}
