/// Texts of a workbook: `_x000D_` stands for a control character that XML cannot carry.
enum WorkbookText {
    static func decode(_ bytes: ArraySlice<UInt8>) -> String {
        guard bytes.contains(UInt8(ascii: "_")), bytes.count >= 7 else { return String(decoding: bytes, as: UTF8.self) }
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        var at = bytes.startIndex
        while at < bytes.endIndex {
            if let code = escape(bytes, at) {
                out.append(contentsOf: String(Character(code)).utf8)
                at += 7
            } else {
                out.append(bytes[at])
                at += 1
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static func escape(_ bytes: ArraySlice<UInt8>, _ at: Int) -> Unicode.Scalar? {
        guard at + 7 <= bytes.endIndex, bytes[at] == 95, bytes[at + 1] == 120, bytes[at + 6] == 95 else { return nil }
        var code: UInt32 = 0
        for byte in bytes[(at + 2)..<(at + 6)] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
            code = code << 4 | UInt32(digit)
        }
        return Unicode.Scalar(code)
    }
}
