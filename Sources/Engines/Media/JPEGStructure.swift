/// Walks a JPEG marker by marker up to its end (ITU-T T.81 annex B).
///
///     FFD8 | FFxx length(2, big, includes itself) data … | FFDA length data, entropy-coded bytes (FF00 and FFD0–D7 belong to them) | … | FFD9
enum JPEGStructure {
    /// - Throws: `JW-M002` when a segment runs past the end, no frame or scan is there, or the end marker is missing.
    static func read(_ bytes: PictureBytes) throws -> PictureStructure {
        var found: PictureStructure?
        var hasScan = false
        var at = 2
        while true {
            let marker = try nextMarker(bytes, &at)
            switch marker {
            case 0xD9:
                guard let found, hasScan else { throw ImageFile.broken("缺少图像数据") }
                return found
            case 0x01, 0xD0...0xD7: continue
            case 0xD8: throw ImageFile.broken("重复的起始标记")
            default: break
            }
            let length = try bytes.big16(at)
            guard length >= 2, at + length <= bytes.count else { throw ImageFile.broken("数据段超出文件") }
            if isFrame(marker) {
                guard found == nil, length >= 8 else { throw ImageFile.broken("帧头有误") }
                let components = Int(bytes[at + 7])
                guard [1, 3, 4].contains(components), length == 8 + 3 * components, bytes[at + 2] == 8 || bytes[at + 2] == 12 else { throw ImageFile.broken("帧头有误") }
                found = try PictureStructure(kind: .jpeg, width: bytes.big16(at + 5), height: bytes.big16(at + 3))
            }
            at += length
            if marker == 0xDA {
                guard found != nil else { throw ImageFile.broken("帧头缺失") }
                hasScan = true
                try skipEntropyCoded(bytes, &at)
            }
        }
    }

    /// SOF0…SOF15 without DHT (C4), JPG (C8) and DAC (CC).
    private static func isFrame(_ marker: UInt8) -> Bool { (0xC0...0xCF).contains(marker) && ![0xC4, 0xC8, 0xCC].contains(marker) }

    private static func nextMarker(_ bytes: PictureBytes, _ at: inout Int) throws -> UInt8 {
        guard at + 1 < bytes.count, bytes[at] == 0xFF else { throw ImageFile.broken(at + 1 < bytes.count ? "标记有误" : "缺少结束标记") }
        while at < bytes.count, bytes[at] == 0xFF { at += 1 }
        guard at < bytes.count, bytes[at] != 0 else { throw ImageFile.broken("标记有误") }
        at += 1
        return bytes[at - 1]
    }

    private static func skipEntropyCoded(_ bytes: PictureBytes, _ at: inout Int) throws {
        while let hit = bytes.next(0xFF, from: at) {
            guard hit + 1 < bytes.count else { break }
            let code = bytes[hit + 1]
            if code == 0 || (0xD0...0xD7).contains(code) {
                at = hit + 2
            } else {
                at = hit
                return
            }
        }
        throw ImageFile.broken("缺少结束标记")
    }
}
