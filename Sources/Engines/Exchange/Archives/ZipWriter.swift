import CSheets
import Foundation
import Kernel

/// Writes a zip archive member by member, such as an evidence package. Blocking; one thread. Names are UTF-8; the same content at the same moment gives the same bytes.
package final class ZipWriter {
    private var file: zipFile?
    private let moment: Moment
    private var names: Set<String> = []

    /// - Parameter moment: the time every member bears.
    /// - Throws: `.unavailable` `JW-X032` when the file cannot be made.
    package init(path: String, moment: Moment) throws {
        self.moment = moment
        file = zipOpen64(path, APPEND_STATUS_CREATE)
        guard file != nil else { throw Failure(.unavailable, "JW-X032", "无法创建压缩文件", cause: path) }
    }

    deinit { if let file { zipClose(file, nil) } }

    /// - Parameter stores: without compression, for what is compressed already, such as photos.
    /// - Throws: `.unavailable` `JW-X033` when the disk is full; `.conflict` `JW-X034` for a name twice.
    package func add(_ name: String, _ bytes: [UInt8], stores: Bool = false) throws {
        try member(name, stores) { file in
            for start in stride(from: 0, to: bytes.count, by: 1 << 20) {
                let part = bytes[start..<min(bytes.count, start + 1 << 20)]
                guard part.withUnsafeBytes({ zipWriteInFileInZip(file, $0.baseAddress, UInt32($0.count)) }) == ZIP_OK else { throw Self.cannotWrite(name) }
            }
        }
    }

    /// A file of any size, read piece by piece.
    package func add(_ name: String, contentsOf path: String, stores: Bool = false) throws {
        guard let source = fopen(path, "rb") else { throw Failure(.unavailable, "JW-X032", "无法读取待打包的文件", cause: path) }
        defer { fclose(source) }
        try member(name, stores) { file in
            var chunk = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = fread(&chunk, 1, chunk.count, source)
                if count == 0 { break }
                guard zipWriteInFileInZip(file, chunk, UInt32(count)) == ZIP_OK else { throw Self.cannotWrite(name) }
            }
            guard ferror(source) == 0 else { throw Failure(.unavailable, "JW-X032", "无法读取待打包的文件", cause: path) }
        }
    }

    /// Completes and closes the archive.
    package func finish() throws {
        guard let file else { return }
        self.file = nil
        guard zipClose(file, nil) == ZIP_OK else { throw Self.cannotWrite("") }
    }

    private func member(_ name: String, _ stores: Bool, _ body: (zipFile) throws -> Void) throws {
        guard let file else { throw Self.cannotWrite(name) }
        guard !name.isEmpty, name.utf8.count <= 1000, !name.hasPrefix("/"), !name.split(separator: "/").contains("..") else {
            throw Failure(.invalid, "JW-X034", "压缩包内的文件名无效：\(name.prefix(80))")
        }
        guard names.insert(name).inserted else { throw Failure(.conflict, "JW-X034", "压缩包内文件名重复：\(name)") }
        var facts = zip_fileinfo()
        let (year, month, day) = moment.day.parts
        let second = Int(moment.seconds(since: moment.day.start))
        facts.tmz_date = tm_zip(
            tm_sec: UInt32(second % 60), tm_min: UInt32(second / 60 % 60), tm_hour: UInt32(second / 3600), tm_mday: UInt32(day), tm_mon: UInt32(month - 1), tm_year: UInt32(year))
        let utf8Names: UInt = 1 << 11
        let opened = zipOpenNewFileInZip4_64(
            file, name, &facts, nil, 0, nil, 0, nil, stores ? 0 : Z_DEFLATED, stores ? 0 : Z_DEFAULT_COMPRESSION, 0, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY, nil, 0, 3 << 8 | 20,
            utf8Names, 1)
        guard opened == ZIP_OK else { throw Self.cannotWrite(name) }
        try body(file)
        guard zipCloseFileInZip(file) == ZIP_OK else { throw Self.cannotWrite(name) }
    }

    private static func cannotWrite(_ name: String) -> Failure { Failure(.unavailable, "JW-X033", "压缩文件写入失败，请检查磁盘空间", cause: name) }
}
