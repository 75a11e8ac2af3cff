import Foundation

/// A moment on the world's clock: milliseconds since 1970-01-01T00:00:00Z. Stored as it is; shown in Asia/Shanghai.
package struct Moment: Sendable, Hashable, Comparable, Codable {
    package var milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }
    /// Seconds beyond what milliseconds can count become the last moment that can be.
    package init(seconds: Int64) { self.milliseconds = seconds.saturatingProduct(1000) }

    package static func < (a: Moment, b: Moment) -> Bool { a.milliseconds < b.milliseconds }
    package func adding(seconds: Int64) -> Moment { Moment(milliseconds: milliseconds.saturatingSum(seconds.saturatingProduct(1000))) }
    /// Seconds from `other` to this moment; negative when this is earlier.
    package func seconds(since other: Moment) -> Double { (Double(milliseconds) - Double(other.milliseconds)) / 1000 }

    package init(from decoder: any Decoder) throws { milliseconds = try decoder.singleValueContainer().decode(Int64.self) }
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(milliseconds)
    }
}

/// China Standard Time has had no daylight saving since 1991, so the offset is a constant and the calendar is arithmetic.
package let shanghaiOffsetMilliseconds: Int64 = 8 * 3600 * 1000

extension Moment {
    /// The business day in Asia/Shanghai.
    package var day: Day { Day(daysSince1970: Int(local.flooredDivision(by: 86_400_000))) }

    /// Milliseconds on Shanghai's wall clock, kept within the years 0...9999: a stranger's timestamp may be any integer.
    private var local: Int64 { min(max(milliseconds, -62_167_219_200_000), 253_402_271_999_999) + shanghaiOffsetMilliseconds }

    /// Minutes since midnight in Asia/Shanghai, 0...1439.
    package var minuteOfDay: Int {
        return Int((local - local.flooredDivision(by: 86_400_000) * 86_400_000) / 60_000)
    }

    package var hourOfDay: Int { minuteOfDay / 60 }

    /// `2026-11-21 08:00:00` in Asia/Shanghai.
    package var text: String { String(unsafeUninitializedCapacity: 24) { writeDateTime(into: $0, separator: UInt8(ascii: " ")) } }

    /// `2026-11-21T08:00:00+08:00`, with `.123` when the milliseconds are not zero.
    package var rfc3339: String {
        String(unsafeUninitializedCapacity: 32) { buffer in
            var at = writeDateTime(into: buffer, separator: UInt8(ascii: "T"))
            let part = Int(local - local.flooredDivision(by: 1000) * 1000)
            if part != 0 {
                buffer[at] = UInt8(ascii: ".")
                at = writeDigits(part, width: 3, into: buffer, at: at + 1)
            }
            for byte in "+08:00".utf8 {
                buffer[at] = byte
                at += 1
            }
            return at
        }
    }

    /// - Returns: bytes written.
    private func writeDateTime(into buffer: UnsafeMutableBufferPointer<UInt8>, separator: UInt8) -> Int {
        let second = Int((local - local.flooredDivision(by: 86_400_000) * 86_400_000) / 1000)
        var at = day.write(into: buffer)
        buffer[at] = separator
        at = writeDigits(second / 3600, width: 2, into: buffer, at: at + 1)
        buffer[at] = UInt8(ascii: ":")
        at = writeDigits(second / 60 % 60, width: 2, into: buffer, at: at + 1)
        buffer[at] = UInt8(ascii: ":")
        return writeDigits(second % 60, width: 2, into: buffer, at: at + 1)
    }

    /// RFC 3339 with an offset, or `yyyy-MM-dd HH:mm[:ss]` taken as Asia/Shanghai.
    ///
    /// - Returns: nil when the text is not a real date and time.
    package init?(parsing text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 16, let day = Day(separated: bytes) else { return nil }
        guard bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: " ") || bytes[10] == UInt8(ascii: "t") else { return nil }
        guard let hour = twoDigits(bytes, 11), bytes[13] == UInt8(ascii: ":"), let minute = twoDigits(bytes, 14), hour < 24, minute < 60 else { return nil }
        var at = 16
        var second = 0
        if at < bytes.count, bytes[at] == UInt8(ascii: ":") {
            guard let value = twoDigits(bytes, at + 1), value < 61 else { return nil }
            second = min(value, 59)
            at += 3
        }
        var part: Int64 = 0
        if at < bytes.count, bytes[at] == UInt8(ascii: ".") {
            at += 1
            var scale: Int64 = 100
            let start = at
            while at < bytes.count, let digit = digitValue(bytes[at]) {
                part += Int64(digit) * scale
                scale /= 10
                at += 1
            }
            guard at > start else { return nil }
        }
        var offset = shanghaiOffsetMilliseconds
        if at < bytes.count {
            guard let parsed = parseOffset(bytes, at) else { return nil }
            offset = parsed
        }
        let local = Int64(day.daysSince1970) * 86_400_000 + Int64(hour * 3600 + minute * 60 + second) * 1000 + part
        self.init(milliseconds: local - offset)
    }
}

private func parseOffset(_ bytes: [UInt8], _ at: Int) -> Int64? {
    if bytes[at] == UInt8(ascii: "Z") || bytes[at] == UInt8(ascii: "z") { return at + 1 == bytes.count ? 0 : nil }
    guard bytes[at] == UInt8(ascii: "+") || bytes[at] == UInt8(ascii: "-"), bytes.count == at + 6, bytes[at + 3] == UInt8(ascii: ":"),
        let hours = twoDigits(bytes, at + 1), let minutes = twoDigits(bytes, at + 4), hours < 24, minutes < 60
    else { return nil }
    let value = Int64(hours * 60 + minutes) * 60_000
    return bytes[at] == UInt8(ascii: "-") ? -value : value
}

/// A day of the business calendar in Asia/Shanghai. Stored as the integer `yyyymmdd`.
package struct Day: Sendable, Hashable, Comparable {
    package let daysSince1970: Int

    package init(daysSince1970: Int) { self.daysSince1970 = daysSince1970 }

    package static func < (a: Day, b: Day) -> Bool { a.daysSince1970 < b.daysSince1970 }
    package func adding(days: Int) -> Day { Day(daysSince1970: daysSince1970 + days) }

    /// `20261121`.
    package var number: Int {
        let (year, month, day) = parts
        return year * 10_000 + month * 100 + day
    }

    /// From `yyyymmdd`; nil when it is not a real day.
    package init?(number: Int) { self.init(year: number / 10_000, month: number / 100 % 100, day: number % 100) }

    package init?(year: Int, month: Int, day: Int) {
        guard (1...9999).contains(year), (1...12).contains(month), day >= 1, day <= daysIn(month: month, year: year) else { return nil }
        // Days from civil, proleptic Gregorian: years counted from March so that the leap day comes last.
        let y = month <= 2 ? year - 1 : year
        let era = y / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        self.init(daysSince1970: era * 146_097 + dayOfEra - 719_468)
    }

    package var parts: (year: Int, month: Int, day: Int) {
        let z = daysSince1970 + 719_468
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let mp = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * mp + 2) / 5 + 1
        let month = mp < 10 ? mp + 3 : mp - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    /// `2026-11-21`. Years outside 0...9999 are written as the nearest of these.
    package var text: String { String(unsafeUninitializedCapacity: 16) { write(into: $0) } }

    /// - Returns: bytes written, always 10.
    fileprivate func write(into buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
        let (year, month, day) = parts
        var at = writeDigits(min(max(year, 0), 9999), width: 4, into: buffer, at: 0)
        buffer[at] = UInt8(ascii: "-")
        at = writeDigits(month, width: 2, into: buffer, at: at + 1)
        buffer[at] = UInt8(ascii: "-")
        return writeDigits(day, width: 2, into: buffer, at: at + 1)
    }

    /// `yyyy-MM-dd`, `yyyy/MM/dd` or `yyyyMMdd`; nil when it is not a real day.
    package init?(parsing text: String) {
        if text.utf8.count == 10 {
            self.init(separated: Array(text.utf8))
            return
        }
        let digits = text.utf8.filter { digitValue($0) != nil }
        let separators = text.utf8.filter { digitValue($0) == nil }
        guard digits.count == 8,
            separators.isEmpty, let number = Int(String(decoding: digits, as: UTF8.self))
        else { return nil }
        self.init(number: number)
    }

    /// The first ten bytes as `yyyy-MM-dd` or `yyyy/MM/dd`; the caller knows that there are ten.
    fileprivate init?(separated bytes: [UInt8]) {
        guard bytes[4] == UInt8(ascii: "-") || bytes[4] == UInt8(ascii: "/"), bytes[7] == bytes[4], let century = twoDigits(bytes, 0), let year = twoDigits(bytes, 2),
            let month = twoDigits(bytes, 5), let day = twoDigits(bytes, 8)
        else { return nil }
        self.init(year: century * 100 + year, month: month, day: day)
    }

    /// First moment of the day.
    package var start: Moment { Moment(milliseconds: Int64(daysSince1970) * 86_400_000 - shanghaiOffsetMilliseconds) }
    /// First moment of the next day.
    package var end: Moment { adding(days: 1).start }
    /// `yyyymm`, the key of monthly roll-ups and partitions.
    package var month: Int { number / 100 }
    /// 1 Monday … 7 Sunday.
    package var weekday: Int { ((daysSince1970 + 3) % 7 + 7) % 7 + 1 }
}

private func daysIn(month: Int, year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
}

/// Decimal digits with leading zeros; the caller knows that `value` fits.
///
/// - Returns: where the next byte goes.
private func writeDigits(_ value: Int, width: Int, into buffer: UnsafeMutableBufferPointer<UInt8>, at: Int) -> Int {
    var rest = value
    for index in stride(from: at + width - 1, through: at, by: -1) {
        buffer[index] = UInt8(48 + rest % 10)
        rest /= 10
    }
    return at + width
}

private func digitValue(_ byte: UInt8) -> Int? { byte >= 48 && byte <= 57 ? Int(byte) - 48 : nil }

private func twoDigits(_ bytes: [UInt8], _ at: Int) -> Int? {
    guard at + 1 < bytes.count, let tens = digitValue(bytes[at]), let ones = digitValue(bytes[at + 1]) else { return nil }
    return tens * 10 + ones
}

extension Int64 {
    fileprivate func saturatingProduct(_ other: Int64) -> Int64 {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? ((self < 0) == (other < 0) ? .max : .min) : product
    }

    fileprivate func saturatingSum(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }

    fileprivate func flooredDivision(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
