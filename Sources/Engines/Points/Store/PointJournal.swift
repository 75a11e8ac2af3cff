import Kernel

/// A batch as the journal holds it, in the order in which it was taken.
///
///     v number of values, then for each: z difference of the point's number, v zigzag difference of the moment × 4 + quality, 8 value
enum PointJournal {
    static func encode(_ values: [StoredValue]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(values.count * 12 + 8)
        Varint.append(UInt64(values.count), to: &bytes)
        var point: Int64 = 0, at: Int64 = 0
        for value in values {
            Varint.append(value.point &- point, to: &bytes)
            Varint.append(Varint.zigzag(value.sample.at.milliseconds &- at) << 2 | UInt64(value.sample.quality.rawValue), to: &bytes)
            withUnsafeBytes(of: value.sample.value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
            point = value.point
            at = value.sample.at.milliseconds
        }
        return bytes
    }

    /// - Throws: `.unexpected` `JW-PT02`.
    static func decode(_ bytes: [UInt8]) throws -> [StoredValue] {
        let broken = Failure(.unexpected, "JW-PT02", "时序数据日志已损坏", cause: "\(bytes.count) bytes")
        var place = 0
        guard let count = Varint.read(bytes, &place), count <= UInt64(bytes.count) else { throw broken }
        var point: Int64 = 0, at: Int64 = 0
        return try (0..<count).map { _ in
            guard let step = Varint.readSigned(bytes, &place), let code = Varint.read(bytes, &place), place + 8 <= bytes.count,
                let quality = PointQuality(rawValue: UInt8(code & 3))
            else { throw broken }
            var bits: UInt64 = 0
            for offset in 0..<8 { bits |= UInt64(bytes[place + offset]) << UInt64(offset * 8) }
            place += 8
            point = point &+ step
            at = at &+ Varint.unzigzag(code >> 2)
            return StoredValue(point: point, sample: PointSample(Moment(milliseconds: at), Double(bitPattern: bits), quality))
        }
    }
}

/// A value with the number of its point.
struct StoredValue: Sendable, Equatable {
    var point: Int64
    var sample: PointSample
}
