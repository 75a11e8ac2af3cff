import Foundation
import Kernel

/// Writes UTF-8 CSV with a byte order mark, as Chinese Excel needs it (RFC 4180, CRLF).
final class CSVSink: SheetSink {
    private var file: UnsafeMutablePointer<FILE>?
    private var buffer: [UInt8] = [0xEF, 0xBB, 0xBF]
    private let width: Int

    init(path: String, columns: [SheetColumn]) throws {
        width = columns.count
        file = fopen(path, "wb")
        guard file != nil else { throw SheetFailure.cannotCreate(path) }
        buffer.reserveCapacity(1 << 17)
        try append(columns.map { .text($0.title) })
    }

    deinit { if let file { fclose(file) } }

    func append(_ cells: [Cell]) throws {
        for (index, cell) in cells.enumerated() {
            if index > 0 { buffer.append(UInt8(ascii: ",")) }
            write(cell)
        }
        buffer.append(13)
        buffer.append(10)
        if buffer.count > 1 << 16 { try flush() }
    }

    func finish() throws {
        guard let file else { return }
        try flush()
        self.file = nil
        guard fclose(file) == 0 else { throw SheetFailure.cannotWrite(String(cString: strerror(errno))) }
    }

    private func write(_ cell: Cell) {
        guard case .text(let value) = cell else {
            if let text = cell.text { buffer.append(contentsOf: text.utf8) }
            return
        }
        let bytes = value.utf8
        // A table program runs a text that begins like a formula; an apostrophe makes it plain text again.
        let isFormula = bytes.first.map { [UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "@"), 9, 13].contains($0) } ?? false
        let isQuoted = isFormula || bytes.contains { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") || $0 == 10 || $0 == 13 }
        guard isQuoted else {
            buffer.append(contentsOf: bytes)
            return
        }
        buffer.append(UInt8(ascii: "\""))
        if isFormula { buffer.append(UInt8(ascii: "'")) }
        for byte in bytes {
            if byte == UInt8(ascii: "\"") { buffer.append(byte) }
            buffer.append(byte)
        }
        buffer.append(UInt8(ascii: "\""))
    }

    private func flush() throws {
        guard let file else { return }
        guard fwrite(buffer, 1, buffer.count, file) == buffer.count else { throw SheetFailure.cannotWrite(String(cString: strerror(errno))) }
        buffer.removeAll(keepingCapacity: true)
    }
}
