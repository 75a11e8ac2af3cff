import Kernel
import Storage

/// What a recording says about itself, read from its boxes without decoding a frame.
package struct ClipFacts: Sendable, Equatable {
    package var bytes: Int
    /// Length in seconds; nil where the file does not say (a fragmented recording).
    package var seconds: Double?
    /// `h264`, `h265` or `other`; browsers play the first everywhere.
    package var codec: String

    package init(bytes: Int, seconds: Double?, codec: String) {
        self.bytes = bytes
        self.seconds = seconds
        self.codec = codec
    }
}

/// Judges a recording: is it a whole MP4 (ISO 14496-12)? Walks the outermost boxes by ranged reads, so that its size does not matter.
package enum ClipFile {
    /// 32 MiB: a minute of a gate's camera.
    package static let byteLimit = 32 << 20
    package static let mediaType = "video/mp4"
    /// The description of a clip of a minute is a few kilobytes.
    private static let indexLimit = 4 << 20
    private static let mostBoxes = 100_000

    /// - Throws: `Failure` `.invalid`: `JW-M021` not an MP4; `JW-M022` truncated or without pictures.
    package static func inspect(_ reader: any BlobReader) async throws -> ClipFacts {
        guard reader.size >= 16, try await box(at: 0, reader).kind == "ftyp" else { throw Failure(.invalid, "JW-M021", "不是 MP4 视频") }
        var facts = ClipFacts(bytes: reader.size, seconds: nil, codec: "other")
        var hasIndex = false, hasContent = false
        var offset = 0, boxes = 0
        while offset < reader.size {
            boxes += 1
            let box = try await box(at: offset, reader)
            guard box.size >= box.header, offset + box.size <= reader.size, boxes <= mostBoxes else { throw broken("在第 \(offset) 字节处中断") }
            if box.kind == "mdat" { hasContent = true }
            if box.kind == "moov" {
                guard box.size <= indexLimit else { throw broken("索引过大") }
                hasIndex = true
                let index = try await reader.read(offset: offset, length: box.size)
                facts.seconds = duration(index)
                facts.codec = codec(index)
            }
            offset += box.size
        }
        guard hasIndex, hasContent else { throw broken(hasIndex ? "没有画面数据" : "没有索引") }
        return facts
    }

    private static func broken(_ reason: String) -> Failure { Failure(.invalid, "JW-M022", "视频不完整或已损坏：\(reason)") }

    private struct Box {
        var kind: String
        var size: Int
        var header: Int
    }

    private static func box(at offset: Int, _ reader: any BlobReader) async throws -> Box {
        let head = try await reader.read(offset: offset, length: 16)
        guard head.count >= 8 else { throw broken("在第 \(offset) 字节处中断") }
        let kind = String(decoding: head[4..<8], as: UTF8.self)
        switch number(head, 0, 4) {
        case 0: return Box(kind: kind, size: reader.size - offset, header: 8)
        case 1:
            guard head.count == 16, head[8] < 0x40 else { throw broken("在第 \(offset) 字节处中断") }
            return Box(kind: kind, size: number(head, 8, 8), header: 16)
        case let size: return Box(kind: kind, size: size, header: 8)
        }
    }

    private static func number(_ bytes: [UInt8], _ at: Int, _ count: Int) -> Int {
        bytes[at..<at + count].reduce(0) { $0 << 8 | Int($1) }
    }

    /// From the movie header: time scale and duration, 4 or 8 bytes by its version.
    private static func duration(_ index: [UInt8]) -> Double? {
        guard let at = position(of: "mvhd", index), index.count >= at + 36 else { return nil }
        let isLong = index[at + 4] == 1
        let scale = number(index, at + (isLong ? 24 : 16), 4)
        guard !isLong || index[at + 28] < 0x40 else { return nil }
        let length = isLong ? number(index, at + 28, 8) : number(index, at + 20, 4)
        guard scale > 0, length > 0, isLong || length < 0xFFFF_FFFF else { return nil }
        return Double(length) / Double(scale)
    }

    private static func codec(_ index: [UInt8]) -> String {
        if position(of: "avc1", index) != nil || position(of: "avc3", index) != nil { return "h264" }
        if position(of: "hvc1", index) != nil || position(of: "hev1", index) != nil { return "h265" }
        return "other"
    }

    private static func position(of name: String, _ bytes: [UInt8]) -> Int? {
        let name = Array(name.utf8)
        guard bytes.count >= 4 else { return nil }
        return (0...bytes.count - 4).first { bytes[$0] == name[0] && bytes[$0 + 1] == name[1] && bytes[$0 + 2] == name[2] && bytes[$0 + 3] == name[3] }
    }
}
