import Kernel

/// A file encrypted for the holders of certificates, in segments, so that neither side holds it whole and what was cut off, changed or put elsewhere is noticed.
///
/// | Bytes | |
/// |---|---|
/// | 4 | `JWF1` |
/// | 4 | length of the header, big-endian |
/// | n | header: an `Envelope` that holds 8 bytes of nonce, 16 of key (SM4), 32 of key (HMAC-SM3) |
/// | … | segments: 4 bytes length (bit 31: the last one), text (SM4-CTR), tag (HMAC-SM3 over number, length and text) |
package enum FileEnvelope {
    package static let magic: [UInt8] = Array("JWF1".utf8)
    /// Of every segment but the last.
    package static let segment = 65_536
    /// A header larger than this is none.
    package static let headerLimit = 65_536

    fileprivate struct Keys: Sendable {
        var nonce: [UInt8]
        var cipher: [UInt8]
        var check: [UInt8]

        func iv(_ number: UInt32) -> [UInt8] { nonce + big(number) + [0, 0, 0, 0] }
        func tag(_ number: UInt32, _ length: [UInt8], _ text: [UInt8]) -> Digest { HMAC.tag(.sm3, key: check, over: big(number) + length + text) }
    }

    fileprivate static func big(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }

    /// Encrypts a stream: bytes in, bytes out. Not shared between tasks.
    package struct Writer: Sendable {
        private let keys: Keys
        private var pending: [UInt8] = []
        private var number: UInt32 = 0
        /// To be sent before anything else.
        package let head: [UInt8]

        /// - Throws: as `Envelope.seal`.
        package init(for certificates: [String]) throws {
            let nonce = SecureRandom.bytes(8), cipher = SecureRandom.bytes(16), check = SecureRandom.bytes(32)
            keys = Keys(nonce: nonce, cipher: cipher, check: check)
            let header = try Envelope.seal(nonce + cipher + check, for: certificates)
            head = FileEnvelope.magic + FileEnvelope.big(UInt32(header.count)) + header
        }

        package mutating func write(_ bytes: [UInt8]) throws -> [UInt8] {
            pending += bytes
            var out: [UInt8] = []
            // One byte at least stays for the last segment, which must not be missing.
            while pending.count > FileEnvelope.segment {
                out += try seal(Array(pending[0..<FileEnvelope.segment]), isLast: false)
                pending.removeFirst(FileEnvelope.segment)
            }
            return out
        }

        package mutating func finish() throws -> [UInt8] {
            defer { pending = [] }
            return try seal(pending, isLast: true)
        }

        private mutating func seal(_ text: [UInt8], isLast: Bool) throws -> [UInt8] {
            let cipher = try SM4.encrypt(text, mode: .ctr, key: keys.cipher, iv: keys.iv(number))
            let length = FileEnvelope.big(UInt32(cipher.count) | (isLast ? 0x8000_0000 : 0))
            let tag = keys.tag(number, length, cipher)
            number += 1
            return length + cipher + tag.bytes
        }
    }

    /// Decrypts a stream; each segment is given out only after it was checked.
    package struct Reader: Sendable {
        private let key: ServiceKey
        private let certificate: String
        private var keys: Keys?
        private var pending: [UInt8] = []
        private var number: UInt32 = 0
        private var isOver = false

        package init(key: ServiceKey, certificate: String) {
            self.key = key
            self.certificate = certificate
        }

        /// - Throws: `.invalid` `JW-C044` where the file was changed or is none; as `Envelope.open` where it is for others.
        package mutating func write(_ bytes: [UInt8]) throws -> [UInt8] {
            pending += bytes
            if keys == nil, try !readHead() { return [] }
            guard let keys else { return [] }
            var out: [UInt8] = []
            while pending.count >= 4 {
                guard !isOver else { throw FileEnvelope.changed }
                let word = pending[0..<4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
                let count = Int(word & 0x7fff_ffff), isLast = word & 0x8000_0000 != 0
                guard count <= FileEnvelope.segment, isLast || count == FileEnvelope.segment else { throw FileEnvelope.changed }
                guard pending.count >= 4 + count + 32 else { break }
                let text = Array(pending[4..<(4 + count)])
                guard let tag = Digest(bytes: Array(pending[(4 + count)..<(4 + count + 32)])), keys.tag(number, Array(pending[0..<4]), text).equalsInConstantTime(tag) else {
                    throw FileEnvelope.changed
                }
                out += try SM4.decrypt(text, mode: .ctr, key: keys.cipher, iv: keys.iv(number))
                pending.removeFirst(4 + count + 32)
                number += 1
                isOver = isLast
            }
            return out
        }

        /// - Throws: `.invalid` `JW-C044` where the end is missing.
        package func finish() throws {
            guard isOver, pending.isEmpty else { throw FileEnvelope.changed }
        }

        private mutating func readHead() throws -> Bool {
            guard pending.count >= 8 else { return false }
            guard Array(pending[0..<4]) == FileEnvelope.magic else { throw FileEnvelope.changed }
            let length = Int(pending[4..<8].reduce(UInt32(0)) { $0 << 8 | UInt32($1) })
            guard length <= FileEnvelope.headerLimit else { throw FileEnvelope.changed }
            guard pending.count >= 8 + length else { return false }
            let secret = try Envelope.open(Array(pending[8..<(8 + length)]), key: key, certificate: certificate)
            guard secret.count == 56 else { throw FileEnvelope.changed }
            keys = Keys(nonce: Array(secret[0..<8]), cipher: Array(secret[8..<24]), check: Array(secret[24..<56]))
            pending.removeFirst(8 + length)
            return true
        }
    }

    fileprivate static let changed = Failure(.invalid, "JW-C044", "加密文件已损坏、被截断或被改动")
}
