import COpenSSL

/// SHA-256 (FIPS 180-4).
package enum SHA256 {
    package static func hash(_ bytes: UnsafeRawBufferPointer) -> Digest { digest(Algorithms.shared.sha256, bytes) }
    package static func hash(_ bytes: [UInt8]) -> Digest { bytes.withUnsafeBytes { hash($0) } }
    /// Of the text's UTF-8.
    package static func hash(_ text: String) -> Digest { hash(Array(text.utf8)) }
}

/// SM3 (GB/T 32905-2016).
package enum SM3 {
    package static func hash(_ bytes: UnsafeRawBufferPointer) -> Digest { digest(Algorithms.shared.sm3, bytes) }
    package static func hash(_ bytes: [UInt8]) -> Digest { bytes.withUnsafeBytes { hash($0) } }
    /// Of the text's UTF-8.
    package static func hash(_ text: String) -> Digest { hash(Array(text.utf8)) }
}

private func digest(_ algorithm: OpaquePointer, _ bytes: UnsafeRawBufferPointer) -> Digest {
    Digest { out in
        let done = jw_digest(algorithm, bytes.baseAddress, bytes.count, out)
        precondition(done == 1, "libcrypto could not hash: out of memory")
    }
}

/// SHA-256 over parts, for files that do not fit into memory. One task at a time; `finish` ends it.
package final class SHA256Hasher {
    private let context: OpaquePointer?

    package init() {
        context = EVP_MD_CTX_new()
        let done = EVP_DigestInit_ex2(context, Algorithms.shared.sha256, nil)
        precondition(done == 1, "libcrypto could not start a digest: out of memory")
    }

    deinit { EVP_MD_CTX_free(context) }

    package func update(_ bytes: UnsafeRawBufferPointer) { EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) }
    package func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

    /// The digest of everything so far; the hasher starts anew.
    package func finish() -> Digest {
        let digest = Digest { out in
            let done = EVP_DigestFinal_ex(context, out, nil)
            precondition(done == 1, "libcrypto could not finish a digest")
        }
        EVP_DigestInit_ex2(context, Algorithms.shared.sha256, nil)
        return digest
    }
}
