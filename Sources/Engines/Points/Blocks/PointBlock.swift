import Kernel

/// Many values of one point in few bytes, and back without loss.
///
///     1  version (1)
///     1  bit 0 the step of time is always the same; bits 1-2 values: 0 decimal numbers, 1 bits that differ; bit 3 there are qualities other than good
///     v  count                                           v: varint, z: zigzag varint
///     z  first moment, ms      then v the step, or 1 byte k and Rice codes of the change of the step
///     decimal: 1 the number of places, z the first number, 1 byte k, Rice codes of the differences
///     bits:    8 the first value, then XOR with the one before as in Gorilla (VLDB 2015, §4.1.2)
///     qualities: v runs, each 1 quality and v length
///
/// Each part of bits begins on a byte and is preceded by its length (v).
package enum PointBlock {
    /// Values a block holds at most.
    package static let most = 1024

    /// - Parameter samples: in the order of their moments, none twice.
    package static func encode(_ samples: [PointSample]) -> [UInt8] {
        let steps = zip(samples.dropFirst(), samples).map { $0.at.milliseconds &- $1.at.milliseconds }
        let isRegular = steps.dropFirst().allSatisfy { $0 == steps[0] }
        let decimal = DecimalSeries(samples)
        let hasQualities = samples.contains { $0.quality != .good }
        var bytes: [UInt8] = [1, (isRegular ? 1 : 0) | (decimal == nil ? 2 : 0) | (hasQualities ? 8 : 0)]
        Varint.append(UInt64(samples.count), to: &bytes)
        guard let first = samples.first else { return bytes }
        Varint.append(first.at.milliseconds, to: &bytes)
        if isRegular { Varint.append(UInt64(bitPattern: steps.first ?? 0), to: &bytes) } else { appendTimes(steps, to: &bytes) }
        if let decimal { append(decimal, to: &bytes) } else { appendBits(samples, to: &bytes) }
        if hasQualities { appendQualities(samples, to: &bytes) }
        return bytes
    }

    /// - Throws: `.unexpected` `JW-PT01` for bytes that are no block.
    package static func decode(_ bytes: [UInt8]) throws -> [PointSample] {
        guard let samples = read(bytes) else { throw Failure(.unexpected, "JW-PT01", "时序数据块已损坏", cause: "\(bytes.count) bytes") }
        return samples
    }

    // MARK: Writing

    private static func appendTimes(_ steps: [Int64], to bytes: inout [UInt8]) {
        var codes: [UInt64] = [UInt64(bitPattern: steps[0])]
        codes += zip(steps.dropFirst(), steps).map { Varint.zigzag($0 &- $1) }
        Varint.append(codes[0], to: &bytes)
        appendRice(codes.dropFirst(), to: &bytes)
    }

    private static func append(_ decimal: DecimalSeries, to bytes: inout [UInt8]) {
        bytes.append(UInt8(decimal.places))
        Varint.append(decimal.numbers[0], to: &bytes)
        appendRice(zip(decimal.numbers.dropFirst(), decimal.numbers).map { Varint.zigzag($0 &- $1) }[...], to: &bytes)
    }

    private static func appendRice(_ codes: ArraySlice<UInt64>, to bytes: inout [UInt8]) {
        let k = bestRice(codes)
        var bits = BitWriter()
        for code in codes { bits.writeRice(code, k: k) }
        bytes.append(UInt8(k))
        appendPart(bits.finish(), to: &bytes)
    }

    /// The parameter near the mean, or one beside it, whichever needs fewest bits.
    private static func bestRice(_ codes: ArraySlice<UInt64>) -> Int {
        guard !codes.isEmpty else { return 0 }
        let mean = codes.reduce(0.0) { $0 + Double($1) } / Double(codes.count)
        var guess = 0
        while guess < 40, Double(UInt64(1) << UInt64(guess)) < mean { guess += 1 }
        func cost(_ k: Int) -> Int {
            codes.reduce(0) { sum, code in
                let quotient = code >> UInt64(k)
                return sum + (quotient < 32 ? Int(quotient) + 1 + k : 96)
            }
        }
        return (max(0, guess - 2)...guess + 1).min { cost($0) < cost($1) } ?? guess
    }

    private static func appendBits(_ samples: [PointSample], to bytes: inout [UInt8]) {
        var bits = BitWriter()
        var before = samples[0].value.bitPattern, lead = 65, width = 0
        bits.write(before, width: 64)
        for sample in samples.dropFirst() {
            let now = sample.value.bitPattern, change = now ^ before
            before = now
            guard change != 0 else {
                bits.write(0, width: 1)
                continue
            }
            let leading = min(change.leadingZeroBitCount, 31), trailing = change.trailingZeroBitCount
            if lead <= leading, 64 - lead - width <= trailing {
                bits.write(0b10, width: 2)
            } else {
                lead = leading
                width = 64 - leading - trailing
                bits.write(0b11, width: 2)
                bits.write(UInt64(lead), width: 5)
                bits.write(UInt64(width - 1), width: 6)
            }
            bits.write(change >> UInt64(64 - lead - width), width: width)
        }
        appendPart(bits.finish(), to: &bytes)
    }

    private static func appendQualities(_ samples: [PointSample], to bytes: inout [UInt8]) {
        var runs: [(quality: PointQuality, length: UInt64)] = []
        for sample in samples { if runs.last?.quality == sample.quality { runs[runs.count - 1].length += 1 } else { runs.append((sample.quality, 1)) } }
        Varint.append(UInt64(runs.count), to: &bytes)
        for run in runs {
            bytes.append(run.quality.rawValue)
            Varint.append(run.length, to: &bytes)
        }
    }

    private static func appendPart(_ part: [UInt8], to bytes: inout [UInt8]) {
        Varint.append(UInt64(part.count), to: &bytes)
        bytes += part
    }

    // MARK: Reading

    private static func read(_ bytes: [UInt8]) -> [PointSample]? {
        guard bytes.count >= 3, bytes[0] == 1 else { return nil }
        let flags = bytes[1]
        var at = 2
        guard let number = Varint.read(bytes, &at), number <= 1 << 20 else { return nil }
        let count = Int(number)
        if count == 0 { return [] }
        guard let times = times(bytes, &at, count, isRegular: flags & 1 != 0) else { return nil }
        guard let values = flags & 2 == 0 ? decimals(bytes, &at, count) : bits(bytes, &at, count) else { return nil }
        var samples = zip(times, values).map { PointSample(Moment(milliseconds: $0), $1) }
        if flags & 8 != 0, !qualities(bytes, &at, &samples) { return nil }
        return samples
    }

    private static func times(_ bytes: [UInt8], _ at: inout Int, _ count: Int, isRegular: Bool) -> [Int64]? {
        guard let first = Varint.readSigned(bytes, &at), let raw = Varint.read(bytes, &at) else { return nil }
        var step = Int64(bitPattern: raw)
        if isRegular { return (0..<count).map { first &+ Int64($0) &* step } }
        guard let changes = rice(bytes, &at, count - 2) else { return nil }
        var times = [first, first &+ step]
        times.reserveCapacity(count)
        for change in changes {
            step = step &+ Varint.unzigzag(change)
            times.append(times[times.count - 1] &+ step)
        }
        return times
    }

    private static func decimals(_ bytes: [UInt8], _ at: inout Int, _ count: Int) -> [Double]? {
        guard at < bytes.count, Int(bytes[at]) < DecimalSeries.scales.count else { return nil }
        let scale = DecimalSeries.scales[Int(bytes[at])]
        at += 1
        guard var number = Varint.readSigned(bytes, &at), let changes = rice(bytes, &at, count - 1) else { return nil }
        var values = [Double(number) / scale]
        values.reserveCapacity(count)
        for change in changes {
            number = number &+ Varint.unzigzag(change)
            values.append(Double(number) / scale)
        }
        return values
    }

    private static func rice(_ bytes: [UInt8], _ at: inout Int, _ count: Int) -> [UInt64]? {
        guard at < bytes.count, bytes[at] <= 64 else { return nil }
        let k = Int(bytes[at])
        at += 1
        guard let part = part(bytes, &at) else { return nil }
        var reader = BitReader(part)
        let codes = (0..<max(0, count)).map { _ in reader.readRice(k) }
        return reader.isBeyond ? nil : codes
    }

    private static func bits(_ bytes: [UInt8], _ at: inout Int, _ count: Int) -> [Double]? {
        guard let part = part(bytes, &at) else { return nil }
        var reader = BitReader(part)
        var now = reader.read(64), lead = 0, width = 0
        var values = [Double(bitPattern: now)]
        values.reserveCapacity(count)
        while values.count < count, !reader.isBeyond {
            if reader.read(1) == 1 {
                if reader.read(1) == 1 {
                    lead = Int(reader.read(5))
                    width = Int(reader.read(6)) + 1
                }
                guard lead + width <= 64, width > 0 else { return nil }
                now ^= reader.read(width) << UInt64(64 - lead - width)
            }
            values.append(Double(bitPattern: now))
        }
        return reader.isBeyond ? nil : values
    }

    private static func qualities(_ bytes: [UInt8], _ at: inout Int, _ samples: inout [PointSample]) -> Bool {
        guard let runs = Varint.read(bytes, &at), runs <= UInt64(samples.count) else { return false }
        var index = 0
        for _ in 0..<runs {
            guard at < bytes.count, let quality = PointQuality(rawValue: bytes[at]) else { return false }
            at += 1
            guard let length = Varint.read(bytes, &at), length <= UInt64(samples.count - index) else { return false }
            for _ in 0..<length {
                samples[index].quality = quality
                index += 1
            }
        }
        return index == samples.count
    }

    private static func part(_ bytes: [UInt8], _ at: inout Int) -> ArraySlice<UInt8>? {
        guard let length = Varint.read(bytes, &at), length <= UInt64(bytes.count - at) else { return nil }
        defer { at += Int(length) }
        return bytes[at..<at + Int(length)]
    }
}

/// Values that are decimal numbers of few places, as whole numbers: `12.34` is 1234 of two places. Instruments speak so, and the difference of neighbours then is small.
struct DecimalSeries {
    static let scales: [Double] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000]

    let places: Int
    let numbers: [Int64]

    /// Nil where a value does not come back to its last bit.
    init?(_ samples: [PointSample]) {
        var places = 0
        for sample in samples {
            while places < Self.scales.count, Self.number(sample.value, places) == nil { places += 1 }
            guard places < Self.scales.count else { return nil }
        }
        let numbers = samples.compactMap { Self.number($0.value, places) }
        // A value of few places may not come back when it is written with more.
        guard numbers.count == samples.count else { return nil }
        self.places = places
        self.numbers = numbers
    }

    private static func number(_ value: Double, _ places: Int) -> Int64? {
        let scaled = (value * scales[places]).rounded()
        guard abs(scaled) < 4e15, (Double(Int64(scaled)) / scales[places]).bitPattern == value.bitPattern else { return nil }
        return Int64(scaled)
    }
}

/// Leaves out values that the line between their neighbours tells anyway: the swinging door.
///
/// What is left differs by at most `deviation` from what was; the first, the last, and every change of quality stay.
package enum SwingingDoor {
    package static func thin(_ samples: [PointSample], deviation: Double) -> [PointSample] {
        guard deviation > 0, samples.count > 2, var anchor = samples.first else { return samples }
        var kept = [anchor], held = anchor
        var upper = Double.infinity, lower = -Double.infinity
        for sample in samples.dropFirst() {
            let seconds = sample.at.seconds(since: anchor.at)
            let top = (sample.value + deviation - anchor.value) / seconds, bottom = (sample.value - deviation - anchor.value) / seconds
            let slope = (sample.value - anchor.value) / seconds
            let isOpen = slope <= min(upper, top) && slope >= max(lower, bottom) && sample.quality == anchor.quality && held.quality == anchor.quality
            if isOpen || held == anchor {
                upper = min(upper, top)
                lower = max(lower, bottom)
            } else {
                kept.append(held)
                anchor = held
                let since = sample.at.seconds(since: anchor.at)
                upper = (sample.value + deviation - anchor.value) / since
                lower = (sample.value - deviation - anchor.value) / since
            }
            held = sample
        }
        kept.append(held)
        return kept
    }
}
