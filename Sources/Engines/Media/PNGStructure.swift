/// Walks a PNG chunk by chunk up to IEND (ISO/IEC 15948).
///
///     signature(8) | length(4, big) type(4) data crc(4) | …
enum PNGStructure {
    /// - Throws: `JW-M002` when IHDR is not first, a chunk runs past the end, or IDAT or IEND is missing.
    static func read(_ bytes: PictureBytes) throws -> PictureStructure {
        guard try bytes.big32(8) == 13, bytes.has("IHDR", at: 12), bytes.count >= 33 else { throw ImageFile.broken("文件头有误") }
        let found = try PictureStructure(kind: .png, width: bytes.big32(16), height: bytes.big32(20))
        guard [1, 2, 4, 8, 16].contains(bytes[24]), [0, 2, 3, 4, 6].contains(bytes[25]), bytes[26] == 0, bytes[27] == 0, bytes[28] <= 1 else { throw ImageFile.broken("文件头有误") }
        var hasData = false
        var at = 33
        while true {
            let length = try bytes.big32(at)
            guard at + 12 + length <= bytes.count else { throw ImageFile.broken("数据块超出文件") }
            if bytes.has("IDAT", at: at + 4) { hasData = hasData || length > 0 }
            if bytes.has("IEND", at: at + 4) {
                guard hasData, length == 0 else { throw ImageFile.broken("缺少图像数据") }
                return found
            }
            at += 12 + length
        }
    }
}
