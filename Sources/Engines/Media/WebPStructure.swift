/// Walks a WebP's RIFF chunks (RFC 9649).
///
///     "RIFF" size(4, little) "WEBP" | type(4) size(4, little) data, padded to even | …
enum WebPStructure {
    /// - Throws: `JW-M002` when the RIFF length does not fit the file, no picture chunk is there, or the picture is animated.
    static func read(_ bytes: PictureBytes) throws -> PictureStructure {
        let end = try bytes.little32(4) + 8
        guard end <= bytes.count, end >= 30 else { throw ImageFile.broken("长度与文件不符") }
        var canvas: PictureStructure?
        var at = 12
        while at + 8 <= end {
            let size = try bytes.little32(at + 4)
            let data = at + 8
            guard data + size <= end else { throw ImageFile.broken("数据块超出文件") }
            if bytes.has("VP8 ", at: at) { return try canvas ?? lossy(bytes, data, size) }
            if bytes.has("VP8L", at: at) { return try canvas ?? lossless(bytes, data, size) }
            if bytes.has("VP8X", at: at) {
                guard size >= 10, bytes[data] & 0x02 == 0 else { throw ImageFile.broken("不支持动画图片") }
                canvas = try PictureStructure(kind: .webp, width: bytes.little24(data + 4) + 1, height: bytes.little24(data + 7) + 1)
            }
            at = data + size + (size & 1)
        }
        throw ImageFile.broken("缺少图像数据")
    }

    private static func lossy(_ bytes: PictureBytes, _ at: Int, _ size: Int) throws -> PictureStructure {
        guard size >= 10, bytes[at] & 1 == 0, bytes[at + 3] == 0x9D, bytes[at + 4] == 0x01, bytes[at + 5] == 0x2A else { throw ImageFile.broken("帧头有误") }
        return try PictureStructure(kind: .webp, width: bytes.little16(at + 6) & 0x3FFF, height: bytes.little16(at + 8) & 0x3FFF)
    }

    private static func lossless(_ bytes: PictureBytes, _ at: Int, _ size: Int) throws -> PictureStructure {
        guard size >= 5, bytes[at] == 0x2F else { throw ImageFile.broken("帧头有误") }
        let bits = try bytes.little32(at + 1)
        guard bits >> 29 == 0 else { throw ImageFile.broken("帧头有误") }
        return PictureStructure(kind: .webp, width: (bits & 0x3FFF) + 1, height: (bits >> 14 & 0x3FFF) + 1)
    }
}
