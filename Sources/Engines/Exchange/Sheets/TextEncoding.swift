import Foundation
import Kernel

/// Text of unknown origin as UTF-8.
enum TextEncoding {
    /// By its byte order mark, else as UTF-8 where that is valid, else as GB18030, which Chinese Excel still writes.
    ///
    /// - Throws: `JW-X020` when it is none of these.
    static func utf8(_ bytes: [UInt8]) throws -> [UInt8] {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            guard isUTF8(bytes) else { throw SheetFailure.broken("文字编码有误") }
            return Array(bytes.dropFirst(3))
        }
        if bytes.starts(with: [0xFF, 0xFE]) { return try converted(Array(bytes.dropFirst(2)), from: "UTF-16LE") }
        if bytes.starts(with: [0xFE, 0xFF]) { return try converted(Array(bytes.dropFirst(2)), from: "UTF-16BE") }
        if isUTF8(bytes) { return bytes }
        return try converted(bytes, from: "GB18030")
    }

    /// A name inside an archive; never fails, since it is only a name.
    static func name(_ bytes: [UInt8]) -> String {
        do { return String(decoding: try utf8(bytes), as: UTF8.self) } catch { return String(decoding: bytes, as: UTF8.self) }
    }

    private static func isUTF8(_ bytes: [UInt8]) -> Bool { bytes.withUnsafeBufferPointer { String(validating: $0, as: UTF8.self) != nil } }

    private static func converted(_ bytes: [UInt8], from encoding: String) throws -> [UInt8] {
        guard let converter = iconv_open("UTF-8", encoding), Int(bitPattern: converter) != -1 else { throw SheetFailure.broken("不支持 \(encoding) 编码") }
        defer { iconv_close(converter) }
        var source = bytes
        var left = source.count
        var out: [UInt8] = []
        out.reserveCapacity(source.count * 3 / 2)
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while left > 0 {
            let offset = source.count - left
            let (result, written) = source.withUnsafeMutableBytes { raw in
                chunk.withUnsafeMutableBytes { target -> (Int, Int) in
                    var from = raw.bindMemory(to: CChar.self).baseAddress.map { $0 + offset }
                    var to = target.bindMemory(to: CChar.self).baseAddress
                    var room = target.count
                    let result = iconv(converter, &from, &left, &to, &room)
                    return (result, target.count - room)
                }
            }
            out.append(contentsOf: chunk[..<written])
            guard result != -1 || (errno == E2BIG && written > 0) else { throw SheetFailure.broken("文字编码无法识别，请另存为 UTF-8") }
        }
        return out
    }
}

/// Text that other machines sent without saying how it is written.
package enum ForeignText {
    /// UTF-8 where that is valid, else GB18030; what is neither keeps its readable part. Never fails.
    package static func decode(_ bytes: [UInt8]) -> String { TextEncoding.name(bytes) }
}
