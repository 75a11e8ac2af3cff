/// Bits written one after the other, the highest of a byte first.
struct BitWriter {
    private(set) var bytes: [UInt8] = []
    private var pending: UInt64 = 0
    private var count = 0

    /// The lowest `width` bits of a value, 0...64.
    mutating func write(_ value: UInt64, width: Int) {
        guard width > 0 else { return }
        if width > 32 {
            write(value >> 32, width: width - 32)
            write(value & 0xFFFF_FFFF, width: 32)
            return
        }
        pending = pending << UInt64(width) | (value & (UInt64.max >> UInt64(64 - width)))
        count += width
        while count >= 8 {
            count -= 8
            bytes.append(UInt8(truncatingIfNeeded: pending >> UInt64(count)))
        }
    }

    /// A number by quotient and rest (Rice): cheap where numbers are near `2^k`; what is far away costs a fixed 32 + 64 bits.
    mutating func writeRice(_ value: UInt64, k: Int) {
        let quotient = value >> UInt64(k)
        guard quotient < 32 else {
            write(0xFFFF_FFFF, width: 32)
            write(value, width: 64)
            return
        }
        write((1 << (quotient + 1)) - 2, width: Int(quotient) + 1)
        write(value, width: k)
    }

    /// Fills the last byte with zeros.
    mutating func finish() -> [UInt8] {
        if count > 0 { write(0, width: 8 - count) }
        return bytes
    }
}

/// Reads what `BitWriter` wrote; beyond the end there are zeros and `isBeyond`.
struct BitReader {
    private let bytes: ArraySlice<UInt8>
    private var at: Int
    private var bit = 0
    private(set) var isBeyond = false

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        at = bytes.startIndex
    }

    mutating func read(_ width: Int) -> UInt64 {
        var value: UInt64 = 0
        var left = width
        while left > 0 {
            guard at < bytes.endIndex else {
                isBeyond = true
                return 0
            }
            let free = 8 - bit, take = min(free, left)
            let part = UInt64(bytes[at] >> UInt8(free - take)) & ((1 << UInt64(take)) - 1)
            value = value << UInt64(take) | part
            bit += take
            left -= take
            if bit == 8 {
                bit = 0
                at += 1
            }
        }
        return value
    }

    mutating func readRice(_ k: Int) -> UInt64 {
        var quotient: UInt64 = 0
        while !isBeyond, read(1) == 1 {
            quotient += 1
            if quotient == 32 { return read(64) }
        }
        return quotient << UInt64(k) | read(k)
    }
}

/// Whole numbers in as many bytes as they need.
enum Varint {
    static func zigzag(_ value: Int64) -> UInt64 { UInt64(bitPattern: value << 1 ^ value >> 63) }
    static func unzigzag(_ value: UInt64) -> Int64 { Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1) }

    static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    static func append(_ value: Int64, to bytes: inout [UInt8]) { append(zigzag(value), to: &bytes) }

    /// Nil where the bytes end too early.
    static func read(_ bytes: [UInt8], _ at: inout Int) -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard at < bytes.count else { return nil }
            let byte = bytes[at]
            at += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
        }
        return nil
    }

    static func readSigned(_ bytes: [UInt8], _ at: inout Int) -> Int64? { read(bytes, &at).map(unzigzag) }
}
