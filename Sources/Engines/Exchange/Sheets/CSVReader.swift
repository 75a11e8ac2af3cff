import Kernel

/// Reads CSV as people's programs write it: UTF-8 with or without a byte order mark, UTF-16 or GB18030; comma, semicolon or tab; any line ending.
struct CSVReader {
    let limits: SheetLimits

    func read(_ raw: [UInt8], _ body: (SheetRow) throws -> Bool) throws -> Int {
        let bytes = try TextEncoding.utf8(raw)
        guard !bytes.contains(0) else { throw SheetFailure.broken("不是表格文件") }
        return try bytes.withUnsafeBufferPointer { try parse($0, body) }
    }

    private func parse(_ bytes: UnsafeBufferPointer<UInt8>, _ body: (SheetRow) throws -> Bool) throws -> Int {
        let separator = Self.separator(bytes)
        var at = 0
        var line = 0
        var handed = 0
        while at < bytes.count {
            line += 1
            var cells: [Cell] = []
            try readLine(bytes, separator, &at, &cells, line)
            while let last = cells.last, last == .empty { cells.removeLast() }
            if cells.isEmpty { continue }
            handed += 1
            guard handed <= limits.rows else { throw SheetFailure.tooMany("超过 \(limits.rows) 行") }
            guard try body(SheetRow(number: line, cells: cells)) else { break }
        }
        return handed
    }

    private func readLine(_ bytes: UnsafeBufferPointer<UInt8>, _ separator: UInt8, _ at: inout Int, _ cells: inout [Cell], _ line: Int) throws {
        while true {
            let cell = try readCell(bytes, separator, &at, line)
            guard cells.count < limits.columns else { throw SheetFailure.tooMany("第 \(line) 行超过 \(limits.columns) 列") }
            cells.append(cell)
            guard at < bytes.count else { return }
            let end = bytes[at]
            at += 1
            if end == separator { continue }
            if end == 13, at < bytes.count, bytes[at] == 10 { at += 1 }
            return
        }
    }

    /// Leaves `at` on the separator or line end.
    private func readCell(_ bytes: UnsafeBufferPointer<UInt8>, _ separator: UInt8, _ at: inout Int, _ line: Int) throws -> Cell {
        guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else {
            let start = at
            while at < bytes.count, bytes[at] != separator, bytes[at] != 10, bytes[at] != 13 { at += 1 }
            return cell(bytes[start..<at])
        }
        var text: [UInt8] = []
        at += 1
        while at < bytes.count {
            let byte = bytes[at]
            at += 1
            if byte != UInt8(ascii: "\"") {
                text.append(byte)
            } else if at < bytes.count, bytes[at] == byte {
                text.append(byte)
                at += 1
            } else {
                while at < bytes.count, bytes[at] != separator, bytes[at] != 10, bytes[at] != 13 {
                    text.append(bytes[at])
                    at += 1
                }
                return cell(text[...])
            }
        }
        throw SheetFailure.broken("第 \(line) 行的引号没有结束")
    }

    private func cell(_ bytes: some Collection<UInt8>) -> Cell {
        guard let first = bytes.first else { return .empty }
        // The apostrophe that CSVSink put before a text like a formula is not part of it.
        if first == UInt8(ascii: "'"), let second = bytes.dropFirst().first, [UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "@"), 9, 13].contains(second) {
            return .text(String(decoding: bytes.dropFirst(), as: UTF8.self))
        }
        return .text(String(decoding: bytes, as: UTF8.self))
    }

    /// Whichever of comma, tab and semicolon the first line has most of.
    private static func separator(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt8 {
        var counts: [UInt8: Int] = [:]
        var isQuoted = false
        for byte in bytes.prefix(65_536) {
            if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            if isQuoted { continue }
            if byte == 10 || byte == 13 { break }
            if byte == UInt8(ascii: ",") || byte == 9 || byte == UInt8(ascii: ";") { counts[byte, default: 0] += 1 }
        }
        return counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? UInt8(ascii: ",")
    }
}
