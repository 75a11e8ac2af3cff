import Foundation
import Kernel

/// Finished thumbnails as files `ab/abcdef…-320.jpg`. A cache: losing it costs only time.
struct ThumbnailCache: Sendable {
    let folder: String
    let threads: PictureThreads

    func read(_ sha256: String, width: Int) async throws -> [UInt8]? {
        let path = path(sha256, width)
        return try await threads.run { FileManager.default.contents(atPath: path).map { [UInt8]($0) } }
    }

    /// Draws and keeps; a folder that cannot be written fails only the keeping, and the picture is shown all the same.
    func make(_ sha256: String, width: Int, from original: [UInt8]) async throws -> [UInt8] {
        let path = path(sha256, width)
        return try await threads.run {
            let small = try Thumbnails.draw(original, maxWidth: width)
            let isReady = (try? FileManager.default.createDirectory(atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)) != nil
            if isReady { try? Data(small).write(to: URL(fileURLWithPath: path), options: .atomic) }
            return small
        }
    }

    func remove(_ sha256: String) async throws {
        let paths = Thumbnails.widths.map { path(sha256, $0) }
        try await threads.run {
            for path in paths where FileManager.default.fileExists(atPath: path) { try FileManager.default.removeItem(atPath: path) }
        }
    }

    private func path(_ sha256: String, _ width: Int) -> String { "\(folder)/\(sha256.prefix(2))/\(sha256)-\(width).jpg" }
}
