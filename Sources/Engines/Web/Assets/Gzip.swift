import CZlib

/// RFC 1952 through the system's zlib.
enum Gzip {
    /// - Parameter level: 1 fastest … 9 smallest.
    /// - Returns: nil when zlib refuses or the result is not smaller.
    static func compress(_ bytes: [UInt8], level: Int32) -> [UInt8]? {
        var stream = z_stream()
        // 15 bits of window plus 16 for the gzip wrapper.
        guard deflateInit2_(&stream, level, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { return nil }
        defer { deflateEnd(&stream) }
        var input = bytes
        let room = Int(deflateBound(&stream, UInt(bytes.count)))
        var isDone = false
        let out = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
            input.withUnsafeMutableBufferPointer { source in
                stream.next_in = source.baseAddress
                stream.avail_in = UInt32(source.count)
                stream.next_out = buffer.baseAddress
                stream.avail_out = UInt32(room)
                isDone = deflate(&stream, Z_FINISH) == Z_STREAM_END
            }
            count = room - Int(stream.avail_out)
        }
        return isDone && out.count < bytes.count ? out : nil
    }
}
