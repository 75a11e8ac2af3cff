import Foundation
import Kernel

/// A file that lives as long as one import or export.
enum TemporaryFile {
    static func path(_ ending: String) -> String { NSTemporaryDirectory() + "/jianwei-\(UUID().uuidString).\(ending)" }

    static func write(_ bytes: [UInt8], to path: String) throws {
        guard FileManager.default.createFile(atPath: path, contents: Data(bytes)) else { throw Failure(.unavailable, "JW-L421", "临时文件无法写入，请检查磁盘空间") }
    }

    static func read(_ path: String) throws -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else { throw Failure(.unavailable, "JW-L422", "文件生成失败，请稍后再试") }
        return [UInt8](data)
    }

    static func remove(_ path: String) {
        // Nothing depends on it: the system's own clearing takes what is left.
        _ = unlink(path)
    }
}
