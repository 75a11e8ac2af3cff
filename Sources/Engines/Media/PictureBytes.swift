import Foundation

/// A file's bytes with bounds-checked big- and little-endian reads; borrowed, valid only inside the closure that handed it out.
struct PictureBytes {
    let buffer: UnsafeRawBufferPointer

    init(_ buffer: UnsafeRawBufferPointer) { self.buffer = buffer }

    var count: Int { buffer.count }

    subscript(offset: Int) -> UInt8 { buffer[offset] }

    func starts(with prefix: [UInt8]) -> Bool { count >= prefix.count && prefix.indices.allSatisfy { buffer[$0] == prefix[$0] } }

    func has(_ tag: StaticString, at offset: Int) -> Bool {
        let length = tag.utf8CodeUnitCount
        guard offset >= 0, offset + length <= count else { return false }
        return (0..<length).allSatisfy { buffer[offset + $0] == tag.utf8Start[$0] }
    }

    /// - Throws: `JW-M002` when the bytes end before.
    func big16(_ offset: Int) throws -> Int {
        guard offset + 2 <= count else { throw ImageFile.broken("数据提前结束") }
        return Int(buffer[offset]) << 8 | Int(buffer[offset + 1])
    }

    func big32(_ offset: Int) throws -> Int { try big16(offset) << 16 | big16(offset + 2) }

    func little16(_ offset: Int) throws -> Int {
        guard offset + 2 <= count else { throw ImageFile.broken("数据提前结束") }
        return Int(buffer[offset + 1]) << 8 | Int(buffer[offset])
    }

    func little24(_ offset: Int) throws -> Int {
        guard offset + 3 <= count else { throw ImageFile.broken("数据提前结束") }
        return Int(buffer[offset + 2]) << 16 | Int(buffer[offset + 1]) << 8 | Int(buffer[offset])
    }

    func little32(_ offset: Int) throws -> Int { try little16(offset + 2) << 16 | little16(offset) }

    /// The first place at or after `offset` that holds `byte`; through memchr, since entropy-coded data is most of a photo.
    func next(_ byte: UInt8, from offset: Int) -> Int? {
        guard let base = buffer.baseAddress, offset < count, let hit = memchr(base + offset, Int32(byte), count - offset) else { return nil }
        return UnsafeRawPointer(hit) - base
    }
}
