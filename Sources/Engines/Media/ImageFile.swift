import Kernel

/// What a picture file says about itself, read from its structure without decoding a pixel.
package struct ImageFacts: Sendable, Equatable {
    package var kind: ImageKind
    package var width: Int
    package var height: Int
    package var bytes: Int

    package init(kind: ImageKind, width: Int, height: Int, bytes: Int) {
        self.kind = kind
        self.width = width
        self.height = height
        self.bytes = bytes
    }
}

/// The picture formats that are taken; found by content, never by name or header.
package enum ImageKind: String, Sendable, CaseIterable {
    case jpeg, png, webp

    /// `image/jpeg` and so on.
    package var mediaType: String { "image/\(rawValue)" }
}

/// Judges an uploaded file: is it a whole picture of a kind we take, and of a size we dare decode?
package enum ImageFile {
    /// 5 MiB, the limit of the gate interface (interfaces/gate.md, Photos).
    package static let defaultByteLimit = 5 << 20
    /// A picture with more pixels is taken for a decompression bomb.
    package static let defaultPixelLimit = 40_000_000

    /// Walks the file's own structure from first to last byte; costs microseconds, decodes nothing.
    ///
    /// - Throws: `Failure`: `.invalid` `JW-M001` not a JPEG, PNG or WebP; `.invalid` `JW-M002` truncated or broken; `.tooLarge` `JW-M003` too many bytes;
    ///   `.invalid` `JW-M004` too many pixels.
    package static func inspect(_ bytes: [UInt8], byteLimit: Int = defaultByteLimit, pixelLimit: Int = defaultPixelLimit) throws -> ImageFacts {
        guard bytes.count <= byteLimit else {
            throw Failure(.tooLarge, "JW-M003", "图片超过 \(byteLimit >> 20) MB 的上限")
        }
        let found = try bytes.withUnsafeBytes { try structure(of: PictureBytes($0)) }
        guard found.width > 0, found.height > 0 else { throw broken("图片尺寸为零") }
        guard found.width <= 65_535, found.height <= 65_535, found.width * found.height <= pixelLimit else {
            throw Failure(.invalid, "JW-M004", "图片像素过多（\(found.width)×\(found.height)），上限 \(pixelLimit / 10_000) 万像素")
        }
        return ImageFacts(kind: found.kind, width: found.width, height: found.height, bytes: bytes.count)
    }

    private static func structure(of bytes: PictureBytes) throws -> PictureStructure {
        switch bytes {
        case let b where b.starts(with: [0xFF, 0xD8, 0xFF]): try JPEGStructure.read(b)
        case let b where b.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]): try PNGStructure.read(b)
        case let b where b.starts(with: [0x52, 0x49, 0x46, 0x46]) && b.has("WEBP", at: 8): try WebPStructure.read(b)
        default: throw Failure(.invalid, "JW-M001", "不是 JPEG、PNG 或 WebP 图片")
        }
    }

    static func broken(_ reason: String) -> Failure { Failure(.invalid, "JW-M002", "图片不完整或已损坏：\(reason)") }
}

/// What a format's reader finds.
struct PictureStructure {
    var kind: ImageKind
    var width: Int
    var height: Int
}
