import CSheets
import Kernel

/// One member of a zip archive.
package struct ZipEntry: Sendable, Equatable {
    package var name: String
    /// As the archive claims; reading counts for itself.
    package var bytes: Int

    package init(name: String, bytes: Int) {
        self.name = name
        self.bytes = bytes
    }
}

/// Reads a zip archive member by member, and stops at the limit whatever the archive claims of itself. Blocking; one thread.
package final class ZipReader {
    private let file: unzFile
    private var places: [String: unz64_file_pos] = [:]
    private var budget: Int
    private let limit: Int
    /// In the archive's order; folders are left out.
    package private(set) var entries: [ZipEntry] = []

    /// - Parameters:
    ///   - maxBytes: after decompression, everything this reader reads together.
    /// - Throws: `.invalid` `JW-X030` for what is no archive or names a path outside itself; `.tooLarge` `JW-X031` beyond a limit.
    package init(path: String, maxEntries: Int = 10_000, maxBytes: Int = 1 << 30) throws {
        guard let file = unzOpen64(path) else { throw Self.broken("不是 zip 文件") }
        self.file = file
        budget = maxBytes
        limit = maxBytes
        try list(maxEntries)
    }

    deinit { unzClose(file) }

    /// The whole of one member.
    ///
    /// - Returns: nil when there is none of that name.
    package func bytes(of name: String) throws -> [UInt8]? {
        var all: [UInt8] = []
        return try read(name) { all.append(contentsOf: $0) } ? all : nil
    }

    /// One member piece by piece; the pieces are only valid inside the body.
    ///
    /// - Returns: false when there is none of that name.
    package func read(_ name: String, _ body: (UnsafeRawBufferPointer) throws -> Void) throws -> Bool {
        guard var place = places[name] else { return false }
        guard unzGoToFilePos64(file, &place) == UNZ_OK, unzOpenCurrentFile(file) == UNZ_OK else { throw Self.broken("“\(name)”无法打开") }
        var isOpen = true
        defer { if isOpen { unzCloseCurrentFile(file) } }
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Int(unzReadCurrentFile(file, &chunk, UInt32(chunk.count)))
            guard count >= 0 else { throw Self.broken("“\(name)”已损坏") }
            if count == 0 { break }
            budget -= count
            guard budget >= 0 else { throw Failure(.tooLarge, "JW-X031", "压缩包解压后超过 \(limit >> 20) MB") }
            try chunk.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
        isOpen = false
        guard unzCloseCurrentFile(file) == UNZ_OK else { throw Self.broken("“\(name)”校验和不符") }
        return true
    }

    private func list(_ maxEntries: Int) throws {
        var state = unzGoToFirstFile(file)
        while state == UNZ_OK {
            var facts = unz_file_info64()
            var name = [CChar](repeating: 0, count: 1025)
            guard unzGetCurrentFileInfo64(file, &facts, &name, 1024, nil, 0, nil, 0) == UNZ_OK else { throw Self.broken("目录有误") }
            guard facts.size_filename <= 1024 else { throw Self.broken("文件名过长") }
            guard facts.flag & 1 == 0 else { throw Self.broken("不支持加密的压缩包") }
            let title = TextEncoding.name(name.prefix(Int(facts.size_filename)).map { UInt8(bitPattern: $0) })
            guard Self.isInside(title) else { throw Self.broken("含有越界路径“\(title.prefix(80))”") }
            var place = unz64_file_pos()
            guard unzGetFilePos64(file, &place) == UNZ_OK else { throw Self.broken("目录有误") }
            if !title.hasSuffix("/") {
                if places.updateValue(place, forKey: title) == nil { entries.append(ZipEntry(name: title, bytes: Int(clamping: facts.uncompressed_size))) }
            }
            guard entries.count <= maxEntries else { throw Failure(.tooLarge, "JW-X031", "压缩包内文件超过 \(maxEntries) 个") }
            state = unzGoToNextFile(file)
        }
        guard state == UNZ_END_OF_LIST_OF_FILE else { throw Self.broken("目录有误") }
    }

    private static func isInside(_ name: String) -> Bool {
        !name.isEmpty && !name.hasPrefix("/") && !name.contains("\\") && !name.contains("\0") && !name.split(separator: "/").contains("..")
    }

    private static func broken(_ reason: String) -> Failure { Failure(.invalid, "JW-X030", "压缩文件无法读取：\(reason)") }
}
