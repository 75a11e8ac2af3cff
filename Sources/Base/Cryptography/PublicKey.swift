import Kernel

/// A key that outside systems sign with, of whichever kind they brought.
package enum PublicKey: Sendable {
    case rsa(RSAPublicKey)
    case sm2(SM2PublicKey)

    /// Detects the kind.
    ///
    /// - Throws: `.invalid` `JW-C001` (no key), `JW-C004` (another kind), `JW-C005` (RSA below 2048 bits).
    package init(pem: String) throws {
        let key = try KeyHandle.publicKey(pem: pem)
        if key.isSM2 {
            self = .sm2(try SM2PublicKey(key))
        } else if key.isRSA {
            self = .rsa(try RSAPublicKey(key))
        } else {
            throw Failure(.invalid, "JW-C004", "仅支持 RSA 和 SM2 公钥")
        }
    }

    /// `RSA2` or `SM2`, as interface documents call the signature.
    package var algorithm: String {
        switch self {
        case .rsa: "RSA2"
        case .sm2: "SM2"
        }
    }

    /// SHA-256 of the DER subject public key info, in hexadecimal digits: the same for every way of writing the same key.
    package var fingerprint: String {
        switch self {
        case .rsa(let key): key.fingerprint
        case .sm2(let key): key.fingerprint
        }
    }

    /// The key in its usual envelope.
    package func pem() throws -> String {
        switch self {
        case .rsa(let key): try key.pem()
        case .sm2(let key): try key.pem()
        }
    }

    package func verify(signature: [UInt8], over bytes: [UInt8]) -> Bool {
        switch self {
        case .rsa(let key): key.verify(signature: signature, over: bytes)
        case .sm2(let key): key.verify(signature: signature, over: bytes)
        }
    }
}
