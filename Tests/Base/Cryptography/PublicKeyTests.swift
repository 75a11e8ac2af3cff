import Cryptography
import Kernel
import Testing

@Suite("Cryptography: RSA and SM2 signatures")
struct PublicKeyTests {
    @Test func `a signature of the openssl command line, RSA2`() throws {
        let key = try RSAPublicKey(pem: KeyExamples.rsaPublic)
        var signature = try #require(Base64.decode(KeyExamples.rsaSignature))
        #expect(key.bits == 2048)
        for _ in 0..<3 { #expect(key.verify(signature: signature, over: KeyExamples.message)) }
        #expect(!key.verify(signature: signature, over: KeyExamples.message + [0]))
        #expect(!key.verify(signature: [], over: KeyExamples.message))
        #expect(!key.verify(signature: Array(signature.dropLast()), over: KeyExamples.message))
        signature[7] ^= 1
        #expect(!key.verify(signature: signature, over: KeyExamples.message))
    }

    @Test func `a signature of the openssl command line, SM2`() throws {
        let key = try SM2PublicKey(pem: KeyExamples.sm2Public)
        var signature = try #require(Hex.decode(KeyExamples.sm2Signature))
        #expect(key.verify(signature: signature, over: KeyExamples.message))
        #expect(!key.verify(signature: signature, over: KeyExamples.message + [0]))
        #expect(!key.verify(signature: [], over: KeyExamples.message))
        signature[20] ^= 1
        #expect(!key.verify(signature: signature, over: KeyExamples.message))
        let signed = try SM2PrivateKey(pem: KeyExamples.sm2Private).sign(KeyExamples.message)
        #expect(key.verify(signature: signed, over: KeyExamples.message))
    }

    /// GB/T 32918.5 appendix A, recommended curve.
    @Test func `the standard's SM2 signature`() throws {
        let prefix = "3059301306072a8648ce3d020106082a811ccf5501822d03420004"
        let point = "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
        let r = "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
        let s = "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
        let key = try SM2PublicKey(pem: Base64.encode(try #require(Hex.decode(prefix + point))))
        let signature = try #require(Hex.decode("3046022100" + r + "022100" + s))
        #expect(key.verify(signature: signature, over: Array("message digest".utf8)))
        #expect(!key.verify(signature: signature, over: Array("message digesu".utf8)))
    }

    @Test func `generated keys travel as PEM and sign`() throws {
        let rsa = try RSAPrivateKey.generate()
        let rsaAgain = try RSAPrivateKey(pem: rsa.pem())
        let rsaPublic = try PublicKey(pem: rsa.publicPEM())
        #expect(rsaPublic.algorithm == "RSA2")
        #expect(rsaPublic.verify(signature: try rsaAgain.sign(KeyExamples.message), over: KeyExamples.message))

        let sm2 = try SM2PrivateKey.generate()
        let sm2Again = try SM2PrivateKey(pem: sm2.pem())
        let sm2Public = try PublicKey(pem: sm2.publicPEM())
        #expect(sm2Public.algorithm == "SM2")
        #expect(sm2Public.verify(signature: try sm2Again.sign(KeyExamples.message), over: KeyExamples.message))
        #expect(!sm2Public.verify(signature: try rsa.sign(KeyExamples.message), over: KeyExamples.message))
    }

    @Test(arguments: [
        (KeyExamples.rsaPublic, KeyExamples.rsaFingerprint),
        (KeyExamples.rsaPublicPKCS1, KeyExamples.rsaFingerprint),
        (bare(KeyExamples.rsaPublic), KeyExamples.rsaFingerprint),
        (bare(KeyExamples.rsaPublicPKCS1), KeyExamples.rsaFingerprint),
        (KeyExamples.rsaPublic.replacing("\n", with: "\r\n"), KeyExamples.rsaFingerprint),
        (KeyExamples.sm2Public, KeyExamples.sm2Fingerprint),
    ])
    func `one fingerprint for every way of writing a key`(pem: String, fingerprint: String) throws {
        let key = try PublicKey(pem: pem)
        #expect(key.fingerprint == fingerprint)
        #expect(try PublicKey(pem: key.pem()).fingerprint == fingerprint)
    }

    @Test(arguments: [
        ("", "JW-C001"), ("not a key", "JW-C001"), ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "JW-C001"), (KeyExamples.sm2Private, "JW-C001"),
        (KeyExamples.ed25519Public, "JW-C004"), (KeyExamples.rsa1024Public, "JW-C005"),
    ])
    func `keys that are refused`(pem: String, code: String) {
        let failure = #expect(throws: Failure.self) { try PublicKey(pem: pem) }
        #expect(failure?.code == code)
    }

    @Test func `many tasks verify with one key`() async throws {
        let key = try RSAPublicKey(pem: KeyExamples.rsaPublic)
        let signature = try #require(Base64.decode(KeyExamples.rsaSignature))
        await withTaskGroup(of: Bool.self) { group in
            for index in 0..<64 {
                group.addTask { key.verify(signature: signature, over: KeyExamples.message + (index % 2 == 0 ? [] : [1])) == (index % 2 == 0) }
            }
            for await isRight in group { #expect(isRight) }
        }
    }
}

/// Without the envelope's first and last line.
private func bare(_ pem: String) -> String { pem.split(separator: "\n").dropFirst().dropLast().joined() }
