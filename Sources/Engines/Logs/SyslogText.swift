import Exchange
import Kernel

/// One line as syslog writes it, taken apart: RFC 5424 where it says version 1, otherwise RFC 3164 as leniently as devices write it. Nothing makes it fail: what is not understood is text.
///
///     <34>1 2026-11-22T09:00:00.123+08:00 fw01 ips 812 ID47 [x@32473 src="10.0.0.9"] denied
///     <34>Nov 22 09:00:00 fw01 sshd[812]: Failed password for root from 10.0.0.9
package struct SyslogText: Sendable, Equatable {
    /// 0...23; 1 (user) where the line does not say.
    package var facility = 1
    /// 0...7; 5 (notice) where the line does not say.
    package var severity = 5
    package var at: Moment?
    package var host = ""
    package var app = ""
    package var text = ""
    /// Parameters of structured data by name.
    package var data: [String: String] = [:]

    /// - Parameter received: gives the year that RFC 3164 leaves out.
    package init(_ line: String, received: Moment) {
        var reader = LineReader(line)
        if let priority = reader.priority() {
            facility = priority / 8
            severity = priority % 8
        }
        let mark = reader.at
        if reader.takes("1 "), readModern(&reader) { return }
        reader.at = mark
        at = nil
        (host, app, data) = ("", "", [:])
        readOld(&reader, received)
    }

    /// Bytes of unknown origin as one line of text: UTF-8 or GB18030, control characters as blanks.
    package static func clean(_ bytes: [UInt8]) -> String {
        var text = ForeignText.decode(bytes)
        if text.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 }) {
            text = String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 32 || $0.value == 127 ? " " : $0 }))
        }
        while text.last == " " { text.removeLast() }
        return text
    }

    /// - Returns: false when the line only looked like RFC 5424.
    private mutating func readModern(_ reader: inout LineReader) -> Bool {
        let time = reader.word()
        at = Moment(parsing: time)
        guard at != nil || time == "-" else { return false }
        host = Self.named(reader.word())
        app = Self.named(reader.word())
        _ = reader.word()
        _ = reader.word()
        if !reader.takes("- "), !reader.takes("-") {
            guard let found = reader.structuredData() else { return false }
            data = found
            _ = reader.takes(" ")
        }
        text = reader.rest
        if text.hasPrefix("\u{FEFF}") { text.removeFirst() }
        return true
    }

    private static func named(_ word: String) -> String { word == "-" ? "" : String(word.prefix(120)) }

    private mutating func readOld(_ reader: inout LineReader, _ received: Moment) {
        let start = reader.at
        at = reader.oldTime(received)
        if at == nil {
            reader.at = start
            let word = reader.word()
            at = Moment(parsing: word)
            if at == nil { reader.at = start }
        }
        // Without a time nobody knows where a host would stand.
        guard at != nil else {
            text = reader.rest
            return
        }
        let mark = reader.at
        let word = reader.word()
        if Self.isTag(word) || reader.isAtEnd { reader.at = mark } else { host = String(word.prefix(120)) }
        let tagged = reader.at
        let tag = reader.word()
        if Self.isTag(tag) {
            app = String(tag.prefix { $0 != "[" && $0 != ":" }.prefix(60))
        } else {
            reader.at = tagged
        }
        text = reader.rest
    }

    /// `sshd[812]:`, `kernel:`
    private static func isTag(_ word: String) -> Bool {
        guard word.hasSuffix(":"), word.count <= 64, word.count > 1 else { return false }
        return word.prefix { $0 != "[" && $0 != ":" }.utf8.allSatisfy { $0 > 32 && $0 != 61 && $0 != 34 }
    }
}

/// Walks over the bytes of one line.
struct LineReader {
    let bytes: [UInt8]
    var at = 0

    init(_ line: String) { bytes = Array(line.utf8) }

    var isAtEnd: Bool { at >= bytes.count }
    var rest: String { at < bytes.count ? String(decoding: bytes[at...], as: UTF8.self) : "" }

    mutating func takes(_ text: String) -> Bool {
        let wanted = Array(text.utf8)
        guard at + wanted.count <= bytes.count, bytes[at..<at + wanted.count].elementsEqual(wanted) else { return false }
        at += wanted.count
        return true
    }

    /// `<0>` … `<191>`.
    mutating func priority() -> Int? {
        guard bytes.first == UInt8(ascii: "<"), let end = bytes.prefix(5).firstIndex(of: UInt8(ascii: ">")), end > 1,
            let value = Int(String(decoding: bytes[1..<end], as: UTF8.self)), (0...191).contains(value)
        else { return nil }
        at = end + 1
        return value
    }

    /// Up to the next blank, which is passed over with those that follow it.
    mutating func word() -> String {
        let start = at
        while at < bytes.count, bytes[at] != 32 { at += 1 }
        let word = String(decoding: bytes[start..<at], as: UTF8.self)
        while at < bytes.count, bytes[at] == 32 { at += 1 }
        return word
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// `Nov 22 09:00:00`, with or without a year after the day; local time.
    mutating func oldTime(_ received: Moment) -> Moment? {
        guard let month = Self.months.firstIndex(of: word()), let day = Int(word()) else { return nil }
        var clock = word()
        var year: Int?
        if clock.utf8.count == 4, let named = Int(clock) {
            year = named
            clock = word()
        }
        if clock.hasSuffix(":") { clock.removeLast() }
        let parts = clock.prefix { $0 != "." }.split(separator: ":").map { Int($0) }
        guard parts.count == 3, let hour = parts[0], let minute = parts[1], let second = parts[2], (0..<24).contains(hour), (0..<60).contains(minute), (0..<61).contains(second)
        else { return nil }
        func moment(_ year: Int) -> Moment? { Day(year: year, month: month + 1, day: day)?.start.adding(seconds: Int64(hour * 3600 + minute * 60 + second)) }
        if let year { return moment(year) }
        let now = received.day.parts.year
        // The year in which it lies nearest.
        let candidates = [now - 1, now, now + 1].compactMap(moment)
        return candidates.min { abs($0.seconds(since: received)) < abs($1.seconds(since: received)) }
    }

    /// `[id name="value" …][id …]`; nil when it is not closed.
    mutating func structuredData() -> [String: String]? {
        var found: [String: String] = [:]
        guard at < bytes.count, bytes[at] == UInt8(ascii: "[") else { return nil }
        while at < bytes.count, bytes[at] == UInt8(ascii: "[") {
            at += 1
            while at < bytes.count, bytes[at] != 32, bytes[at] != UInt8(ascii: "]") { at += 1 }
            while at < bytes.count, bytes[at] != UInt8(ascii: "]") {
                guard let (name, value) = parameter() else { return nil }
                if found.count < 60 { found[name] = value }
            }
            guard at < bytes.count else { return nil }
            at += 1
        }
        return found
    }

    private mutating func parameter() -> (String, String)? {
        while at < bytes.count, bytes[at] == 32 { at += 1 }
        let start = at
        while at < bytes.count, bytes[at] != UInt8(ascii: "=") { at += 1 }
        guard at > start, at + 1 < bytes.count, bytes[at + 1] == UInt8(ascii: "\"") else { return nil }
        let name = String(decoding: bytes[start..<at], as: UTF8.self)
        at += 2
        var value: [UInt8] = []
        while at < bytes.count, bytes[at] != UInt8(ascii: "\"") {
            if bytes[at] == UInt8(ascii: "\\"), at + 1 < bytes.count { at += 1 }
            value.append(bytes[at])
            at += 1
        }
        guard at < bytes.count else { return nil }
        at += 1
        return (String(name.prefix(60)), String(decoding: value, as: UTF8.self))
    }
}
