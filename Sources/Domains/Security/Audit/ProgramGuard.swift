import Alarms
import Cryptography
import Features
import Foundation
import Identity
import Kernel
import Schedules
import Storage
import Synchronization
import Web

/// D17.4.4 页面与文件防篡改: the program file and every asset it serves, as they were at the start, compared by the clock; a file that was changed, added or removed is an alarm that names it.
package final class ProgramGuard: Sendable {
    package static let kind = AlarmKind("programChanged", "程序或页面文件被改动", "Program file changed", grade: .severe, mergeWindow: 3600)

    private let folders: [String]
    private let files: [String]
    private let thread = DiskThreads(limit: 1)
    private let known = Mutex<[String: String]?>(nil)

    /// - Parameters:
    ///   - folders: all files in them, at any depth.
    package init(files: [String], folders: [String]) {
        self.files = files
        self.folders = folders
    }

    deinit { thread.stop() }

    /// The program as it runs.
    package static func ofThisProgram() -> ProgramGuard {
        let home = HomeDirectory.find()
        let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return ProgramGuard(files: [program], folders: [home + "/static", home + "/assets", home + "/Sources/Engines/Web/Static"])
    }

    /// SHA-256 of every file, by path. In pieces: the program alone is more than a hundred megabytes, and a machine does this sum by itself.
    private func digests() throws -> [String: String] {
        var found: [String: String] = [:]
        var paths = files
        for folder in folders where FileManager.default.fileExists(atPath: folder) {
            paths += try FileManager.default.subpathsOfDirectory(atPath: folder).map { folder + "/" + $0 }
        }
        for path in paths.prefix(20_000) {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else { continue }
            found[path] = try Self.digest(path)
        }
        return found
    }

    private static func digest(_ path: String) throws -> String {
        let file = try FileHandle(forReadingFrom: URL(filePath: path))
        defer { try? file.close() }
        let hasher = SHA256Hasher()
        while let piece = try file.read(upToCount: 1 << 18), !piece.isEmpty { hasher.update([UInt8](piece)) }
        return hasher.finish().hex
    }

    /// Takes the state as good; at the start.
    ///
    /// - Returns: the number of files.
    @discardableResult
    package func take() throws -> Int {
        let found = try digests()
        known.withLock { $0 = found }
        return found.count
    }

    /// Files that differ from what was taken, each with what happened; takes the state where none was.
    package func differences() throws -> [String] {
        guard let before = known.withLock({ $0 }) else {
            try take()
            return []
        }
        let now = try digests()
        var out: [String] = []
        for path in Set(before.keys).union(now.keys).sorted() where before[path] != now[path] {
            out.append("\(path) \(before[path] == nil ? "新增" : now[path] == nil ? "被删除" : "内容被改动")")
        }
        return out
    }

    func jobs(on platform: Platform) -> [JobDeclaration] {
        [
            JobDeclaration("programGuard", "程序与页面文件防篡改", every: 300) { [self] context in
                let found = try await thread.run { try self.differences() }
                context.note(found.isEmpty ? "一致" : "\(found.count) 处改动")
                guard !found.isEmpty else { return }
                try await platform.database.write { tx in
                    for one in found.prefix(20) {
                        let signal = AlarmSignal(
                            kind: Self.kind.name, org: nil, area: nil, subject: String(one.suffix(100)), occurredAt: platform.clock.now, title: String("文件被改动：\(one)".prefix(200)),
                            facts: ["file": .string(one)], reasons: [AlarmReason("programChanged", String(one.prefix(200)))])
                        _ = try platform.alarms.raise(signal, by: .system("防篡改监测"), in: tx)
                    }
                }
            }
        ]
    }
}
