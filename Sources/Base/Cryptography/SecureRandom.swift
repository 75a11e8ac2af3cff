import COpenSSL

/// Unpredictable bytes from libcrypto's generator, which the kernel seeds.
package enum SecureRandom {
    package static func bytes(_ count: Int) -> [UInt8] {
        guard count > 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: count) { out, written in
            let done = RAND_bytes(out.baseAddress, Int32(count))
            precondition(done == 1, "libcrypto has no randomness; going on would hand out guessable secrets")
            written = count
        }
    }

    /// `count` random bytes as base64url text.
    package static func token(_ count: Int = 32) -> String { Base64.encodeURL(bytes(count)) }

    /// A number in `0..<bound`, every one as likely; `bound` is 1...256.
    package static func below(_ bound: Int) -> Int {
        precondition((1...256).contains(bound), "a byte decides at most 256 cases")
        let limit = 256 / bound * bound
        while true {
            let value = Int(bytes(1)[0])
            if value < limit { return value % bound }
        }
    }
}
