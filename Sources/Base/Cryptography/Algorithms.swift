import COpenSSL

/// libcrypto's algorithms, looked up once: looking up by name costs more than hashing a short text.
///
/// Unchecked: the pointers are written once before anyone can read them, and libcrypto counts references to a fetched algorithm atomically; none is ever freed.
struct Algorithms: @unchecked Sendable {
    let sha256: OpaquePointer
    let sm3: OpaquePointer
    let hmac: OpaquePointer
    let sm4CBC: OpaquePointer
    let sm4CTR: OpaquePointer

    static let shared = Algorithms()

    private init() {
        sha256 = Self.found(EVP_MD_fetch(nil, "SHA256", nil), "SHA-256")
        sm3 = Self.found(EVP_MD_fetch(nil, "SM3", nil), "SM3")
        hmac = Self.found(EVP_MAC_fetch(nil, "HMAC", nil), "HMAC")
        sm4CBC = Self.found(EVP_CIPHER_fetch(nil, "SM4-CBC", nil), "SM4-CBC")
        sm4CTR = Self.found(EVP_CIPHER_fetch(nil, "SM4-CTR", nil), "SM4-CTR")
    }

    private static func found(_ pointer: OpaquePointer?, _ name: String) -> OpaquePointer {
        guard let pointer else { preconditionFailure("this machine's libcrypto was built without \(name)") }
        return pointer
    }
}
