/// Bytes as hexadecimal digits.
package enum Hex {
    private static let digits: [UInt8] = Array("0123456789abcdef".utf8)

    /// Lower case, two digits a byte.
    package static func encode(_ bytes: UnsafeRawBufferPointer) -> String {
        String(unsafeUninitializedCapacity: bytes.count * 2) { out in
            digits.withUnsafeBufferPointer { digits in
                for index in 0..<bytes.count {
                    out[index * 2] = digits[Int(bytes[index] >> 4)]
                    out[index * 2 + 1] = digits[Int(bytes[index] & 15)]
                }
            }
            return bytes.count * 2
        }
    }

    package static func encode(_ bytes: [UInt8]) -> String { bytes.withUnsafeBytes { encode($0) } }

    /// Either case.
    ///
    /// - Returns: nil for an odd length or anything that is not a digit.
    package static func decode(_ text: String) -> [UInt8]? {
        let input = Array(text.utf8)
        guard input.count % 2 == 0 else { return nil }
        var out: [UInt8] = []
        out.reserveCapacity(input.count / 2)
        for index in stride(from: 0, to: input.count, by: 2) {
            guard let high = value(input[index]), let low = value(input[index + 1]) else { return nil }
            out.append(high << 4 | low)
        }
        return out
    }

    static func value(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 48...57: byte - 48
        case 65...70: byte - 55
        case 97...102: byte - 87
        default: nil
        }
    }
}

/// Bytes as RFC 4648 text: the usual alphabet with padding, or the one for addresses and file names without.
package enum Base64 {
    private static let standard: [UInt8] = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let addressSafe: [UInt8] = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    private static let standardValues = values(of: standard)
    private static let addressSafeValues = values(of: addressSafe)

    private static func values(of alphabet: [UInt8]) -> [UInt8] {
        var table = [UInt8](repeating: 255, count: 256)
        for (value, letter) in alphabet.enumerated() { table[Int(letter)] = UInt8(value) }
        return table
    }

    package static func encode(_ bytes: [UInt8]) -> String { encode(bytes, standard, pads: true) }

    /// `-` and `_` instead of `+` and `/`, no padding.
    package static func encodeURL(_ bytes: [UInt8]) -> String { encode(bytes, addressSafe, pads: false) }

    /// Strict: padded to a multiple of four, no white space, no bits beyond the last byte.
    ///
    /// - Returns: nil for anything else.
    package static func decode(_ text: String) -> [UInt8]? {
        var text = text
        return text.withUTF8 { input -> [UInt8]? in
            guard input.count % 4 == 0 else { return nil }
            var length = input.count
            while length > 0, input.count - length < 2, input[length - 1] == UInt8(ascii: "=") { length -= 1 }
            return decode(UnsafeBufferPointer(rebasing: input[0..<length]), standardValues)
        }
    }

    /// The counterpart of `encodeURL`.
    package static func decodeURL(_ text: String) -> [UInt8]? {
        var text = text
        return text.withUTF8 { decode($0, addressSafeValues) }
    }

    private static func encode(_ bytes: [UInt8], _ alphabet: [UInt8], pads: Bool) -> String {
        let capacity = (bytes.count + 2) / 3 * 4
        return String(unsafeUninitializedCapacity: capacity) { out in
            bytes.withUnsafeBufferPointer { input in
                alphabet.withUnsafeBufferPointer { letters in
                    var at = 0
                    var from = 0
                    while from + 2 < input.count {
                        let group = UInt32(input[from]) << 16 | UInt32(input[from + 1]) << 8 | UInt32(input[from + 2])
                        out[at] = letters[Int(group >> 18)]
                        out[at + 1] = letters[Int(group >> 12 & 63)]
                        out[at + 2] = letters[Int(group >> 6 & 63)]
                        out[at + 3] = letters[Int(group & 63)]
                        at += 4
                        from += 3
                    }
                    let rest = input.count - from
                    guard rest > 0 else { return at }
                    let group = UInt32(input[from]) << 16 | (rest == 2 ? UInt32(input[from + 1]) << 8 : 0)
                    out[at] = letters[Int(group >> 18)]
                    out[at + 1] = letters[Int(group >> 12 & 63)]
                    at += 2
                    if rest == 2 {
                        out[at] = letters[Int(group >> 6 & 63)]
                        at += 1
                    }
                    while pads, at < capacity {
                        out[at] = UInt8(ascii: "=")
                        at += 1
                    }
                    return at
                }
            }
        }
    }

    private static func decode(_ input: UnsafeBufferPointer<UInt8>, _ values: [UInt8]) -> [UInt8]? {
        guard input.count % 4 != 1 else { return nil }
        let length = input.count / 4 * 3 + max(0, input.count % 4 - 1)
        var isValid = true
        let bytes = [UInt8](unsafeUninitializedCapacity: length) { out, count in
            values.withUnsafeBufferPointer { values in
                var group: UInt32 = 0
                var bits = 0
                for byte in input {
                    let value = values[Int(byte)]
                    guard value < 64 else {
                        isValid = false
                        return
                    }
                    group = (group << 6 | UInt32(value)) & 0xFFFFFF
                    bits += 6
                    guard bits >= 8 else { continue }
                    bits -= 8
                    out[count] = UInt8(truncatingIfNeeded: group >> UInt32(bits))
                    count += 1
                }
                if bits > 0, group & (1 << UInt32(bits) - 1) != 0 { isValid = false }
            }
        }
        return isValid ? bytes : nil
    }
}
