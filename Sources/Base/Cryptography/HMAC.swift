import COpenSSL

/// Keyed digests (RFC 2104; HMAC-SM3 as in GM/T 0042).
package enum HMAC {
    package enum Hash: String, Sendable, CaseIterable { case sha256 = "SHA256", sm3 = "SM3" }

    package static func tag(_ hash: Hash, key: [UInt8], over bytes: UnsafeRawBufferPointer) -> Digest {
        Digest { out in
            let done = jw_hmac(Algorithms.shared.hmac, hash.rawValue, key, key.count, bytes.baseAddress, bytes.count, out)
            precondition(done == 1, "libcrypto could not compute an HMAC: out of memory")
        }
    }

    package static func tag(_ hash: Hash, key: [UInt8], over bytes: [UInt8]) -> Digest { bytes.withUnsafeBytes { tag(hash, key: key, over: $0) } }

    /// Whether `tag` belongs to `bytes`, in constant time.
    package static func verifies(_ candidate: Digest, _ hash: Hash, key: [UInt8], over bytes: [UInt8]) -> Bool {
        tag(hash, key: key, over: bytes).equalsInConstantTime(candidate)
    }
}
