import Kernel

/// Values as text, one a line: `code,time,value` or `code,time,value,quality`; time in milliseconds since 1970, value as a decimal number, quality 0, 1 or 2.
///
/// Made for the fast way in: bytes are looked at once, and a code that is the line before's is not made again.
package struct PointLines {
    /// Line and why it is none.
    package struct Fault: Sendable, Equatable {
        package var line: Int
        package var message: String
    }

    package private(set) var reports: [PointReport] = []
    package private(set) var faults: [Fault] = []
    package static let mostLines = 200_000

    package init(_ bytes: [UInt8]) {
        reports.reserveCapacity(bytes.count / 24)
        var codes: [ArraySlice<UInt8>: String] = [:]
        bytes.withUnsafeBufferPointer { buffer in
            var start = 0, number = 0
            while start < buffer.count {
                var end = start
                while end < buffer.count, buffer[end] != 10 { end += 1 }
                number += 1
                let last = end > start && buffer[end - 1] == 13 ? end - 1 : end
                if last > start, let report = Self.report(buffer, start, last, bytes, &codes) {
                    reports.append(report)
                } else if last > start, faults.count < 100 {
                    faults.append(Fault(line: number, message: "应为“编码,毫秒时间,数值[,质量]”"))
                }
                start = end + 1
                if reports.count + faults.count > Self.mostLines { break }
            }
        }
    }

    private static func report(_ buffer: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int, _ bytes: [UInt8], _ codes: inout [ArraySlice<UInt8>: String]) -> PointReport? {
        var commas: (Int, Int, Int) = (-1, -1, -1)
        for at in start..<end where buffer[at] == 44 {
            if commas.0 < 0 { commas.0 = at } else if commas.1 < 0 { commas.1 = at } else if commas.2 < 0 { commas.2 = at } else { return nil }
        }
        guard commas.0 > start, commas.1 > commas.0 + 1, commas.0 - start <= 64 else { return nil }
        let valueEnd = commas.2 < 0 ? end : commas.2
        guard let time = integer(buffer, commas.0 + 1, commas.1), let value = decimal(buffer, commas.1 + 1, valueEnd) else { return nil }
        var quality = PointQuality.good
        if commas.2 >= 0 {
            guard end == commas.2 + 2, buffer[commas.2 + 1] >= 48, let given = PointQuality(rawValue: buffer[commas.2 + 1] - 48) else { return nil }
            quality = given
        }
        let slice = bytes[start..<commas.0]
        let code: String
        if let known = codes[slice] {
            code = known
        } else {
            code = String(decoding: slice, as: UTF8.self)
            codes[slice] = code
        }
        return PointReport(code, PointSample(Moment(milliseconds: time), value, quality))
    }

    private static func integer(_ buffer: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> Int64? {
        guard end > start, end - start <= 15 else { return nil }
        var value: Int64 = 0
        for at in start..<end {
            guard buffer[at] >= 48, buffer[at] <= 57 else { return nil }
            value = value * 10 + Int64(buffer[at] - 48)
        }
        return value
    }

    /// At most 15 digits are read here exactly; longer numbers and exponents the slow way.
    private static func decimal(_ buffer: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> Double? {
        guard end > start, end - start <= 40 else { return nil }
        let isNegative = buffer[start] == 45
        var whole: Int64 = 0, digits = 0, places = -1
        for at in (isNegative ? start + 1 : start)..<end {
            let byte = buffer[at]
            if byte == 46, places < 0 {
                places = 0
            } else if byte >= 48, byte <= 57, digits < 15 {
                whole = whole * 10 + Int64(byte - 48)
                digits += 1
                if places >= 0 { places += 1 }
            } else {
                return Double(String(decoding: UnsafeBufferPointer(rebasing: buffer[start..<end]), as: UTF8.self))
            }
        }
        guard digits > 0 else { return nil }
        // Both are exact, so the quotient is the nearest number, as every reader gives it.
        let value = Double(whole) / powers[max(places, 0)]
        return isNegative ? -value : value
    }

    private static let powers: [Double] = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15]
}
