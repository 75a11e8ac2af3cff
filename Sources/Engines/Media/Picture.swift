import CGD
import Foundation
import Kernel

/// A decoded picture in memory (32-bit truecolour), freed with its last reference. Not Sendable: it lives and dies on one thread.
package final class Picture {
    let image: gdImagePtr

    package var width: Int { Int(image.pointee.sx) }
    package var height: Int { Int(image.pointee.sy) }

    init(owning image: gdImagePtr) { self.image = image }

    deinit { gdImageDestroy(image) }

    /// A black canvas.
    ///
    /// - Throws: `.unexpected` `JW-M006` when there is no memory for it.
    package init(width: Int, height: Int) throws {
        PictureLibrary.prepare
        guard let image = gdImageCreateTrueColor(Int32(width), Int32(height)) else { throw Failure(.unexpected, "JW-M006", "内存不足，无法生成图片") }
        self.image = image
    }

    /// Inspects, then decodes every pixel.
    ///
    /// - Throws: what `ImageFile.inspect` throws; `.invalid` `JW-M005` when the decoder refuses.
    package convenience init(decoding bytes: [UInt8], byteLimit: Int = ImageFile.defaultByteLimit) throws {
        PictureLibrary.prepare
        let facts = try ImageFile.inspect(bytes, byteLimit: byteLimit)
        let decoded = bytes.withUnsafeBytes { buffer -> gdImagePtr? in
            // GD takes a mutable pointer and only reads it.
            let data = UnsafeMutableRawPointer(mutating: buffer.baseAddress)
            return switch facts.kind {
            case .jpeg: gdImageCreateFromJpegPtr(Int32(buffer.count), data)
            case .png: gdImageCreateFromPngPtr(Int32(buffer.count), data)
            case .webp: gdImageCreateFromWebpPtr(Int32(buffer.count), data)
            }
        }
        guard let decoded else { throw Failure(.invalid, "JW-M005", "图片无法解码") }
        self.init(owning: decoded)
        if image.pointee.trueColor == 0 { gdImagePaletteToTrueColor(image) }
    }

    /// Averages over area when shrinking, so that plates stay legible.
    package func scaled(width: Int, height: Int) throws -> Picture {
        gdImageSetInterpolationMethod(image, GD_MITCHELL)
        guard let small = gdImageScale(image, UInt32(max(1, width)), UInt32(max(1, height))) else { throw Failure(.unexpected, "JW-M006", "内存不足，无法生成图片") }
        return Picture(owning: small)
    }

    /// - Parameter quality: 1...95.
    package func jpeg(quality: Int = 82) throws -> [UInt8] {
        var size: Int32 = 0
        return try Picture.taking(gdImageJpegPtr(image, &size, Int32(quality)), size)
    }

    package func png() throws -> [UInt8] {
        var size: Int32 = 0
        return try Picture.taking(gdImagePngPtr(image, &size), size)
    }

    private static func taking(_ data: UnsafeMutableRawPointer?, _ size: Int32) throws -> [UInt8] {
        guard let data, size > 0 else { throw Failure(.unexpected, "JW-M006", "图片编码失败") }
        defer { gdFree(data) }
        return Array(UnsafeRawBufferPointer(start: data, count: Int(size)))
    }

    /// A part of the picture as a picture of its own; what lies outside is left out.
    ///
    /// - Throws: `.unexpected` `JW-M006` when there is no memory for it or nothing is left.
    package func cut(left: Int, top: Int, width: Int, height: Int) throws -> Picture {
        var part = gdRect(x: Int32(max(0, left)), y: Int32(max(0, top)), width: Int32(width), height: Int32(height))
        guard let cut = gdImageCrop(image, &part) else { throw Failure(.unexpected, "JW-M006", "内存不足，无法生成图片") }
        return Picture(owning: cut)
    }

    /// The same lighter or darker by so many levels, -255...255.
    package func brightened(by levels: Int) throws -> Picture {
        let copy = try Picture(width: width, height: height)
        gdImageCopy(copy.image, image, 0, 0, 0, 0, Int32(width), Int32(height))
        gdImageBrightness(copy.image, Int32(levels))
        return copy
    }

    package func color(x: Int, y: Int) -> (red: UInt8, green: UInt8, blue: UInt8) {
        let color = gdImageGetTrueColorPixel(image, Int32(x), Int32(y))
        return (UInt8(color >> 16 & 255), UInt8(color >> 8 & 255), UInt8(color & 255))
    }

    /// Brightness of a pixel, 0...255 (ITU-R BT.601).
    package func brightness(x: Int, y: Int) -> Int {
        let color = gdImageGetTrueColorPixel(image, Int32(x), Int32(y))
        return (299 * Int(color >> 16 & 255) + 587 * Int(color >> 8 & 255) + 114 * Int(color & 255)) / 1000
    }
}

/// What GD needs once in a process.
enum PictureLibrary {
    /// Guards the font cache for use from several threads, and keeps the decoder's complaints about hostile files off standard error: the caller gets a `Failure`.
    static let prepare: Void = {
        gdFontCacheSetup()
        gdSetErrorMethod { _, _, _ in }
    }()
}
