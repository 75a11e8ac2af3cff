import Foundation
import Kernel
import Synchronization

/// LibreOffice without a face, where it is installed: sheets and documents become PDF, pages become documents (decision 0046).
///
/// Each conversion is a process of its own with a profile of its own, an upper limit of memory, processor time and time, and is ended with all it started when one of them is reached.
package struct OfficeProgram: Sendable {
    package enum Target: String, Sendable {
        case pdf, docx
    }

    /// Seconds by the clock; processor seconds are limited to the same.
    package static let seconds = 60
    private static let memoryBytes = 3 << 30
    private static let places = ["/usr/bin/soffice", "/usr/lib/libreoffice/program/soffice", "/opt/libreoffice/program/soffice"]
    private static let limiter = "/usr/bin/prlimit"
    private static let largestResult = 200 << 20

    private let path: String
    private let seconds: Int

    /// Nil where it is not installed; then sheets are still made, and pages say what is missing.
    package init?(seconds: Int = OfficeProgram.seconds) {
        guard let found = OfficeProgram.places.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else { return nil }
        path = found
        self.seconds = seconds
    }

    package static var isInstalled: Bool { OfficeProgram() != nil }
    package static let missing = Failure(.unavailable, "JW-R040", "服务器没有安装 LibreOffice，不能生成 PDF 和 Word；可下载 Excel，或请管理员运行 scripts/setup office")

    /// - Parameters:
    ///   - ending: of the source, such as `xlsx`, `html`, `docx`.
    /// - Throws: `.unavailable` `JW-R041` when it takes too long or too much; `.invalid` `JW-R042` when it cannot read the file.
    package func converted(_ bytes: [UInt8], ending: String, to target: Target) async throws -> [UInt8] {
        let folder = NSTemporaryDirectory() + "/jianwei-office-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let source = "\(folder)/in.\(ending)"
        guard FileManager.default.createFile(atPath: source, contents: Data(bytes)) else { throw Failure(.unavailable, "JW-R041", "文件转换失败，请检查磁盘空间") }
        let status = try await run(arguments(source, folder, ending, target), in: folder)
        let result = "\(folder)/in.\(target.rawValue)"
        guard status == 0, let size = (try? FileManager.default.attributesOfItem(atPath: result)[.size]) as? Int, size <= OfficeProgram.largestResult,
            let data = FileManager.default.contents(atPath: result)
        else {
            if status == 124 || status == 137 || status == 152 { throw Failure(.unavailable, "JW-R041", "文件转换超过时间或内存限制，已停止；请减少页数后再试") }
            throw Failure(.invalid, "JW-R042", "文件转换失败，可能不是有效的 \(ending) 文件", cause: "status \(status)")
        }
        return [UInt8](data)
    }

    private func arguments(_ source: String, _ folder: String, _ ending: String, _ target: Target) -> [String] {
        var words = [
            path, "-env:UserInstallation=file://\(folder)/profile", "--headless", "--norestore", "--nolockcheck", "--nodefault", "--nofirststartwizard",
        ]
        if ending == "html" { words.append("--infilter=HTML (StarWriter)") }
        words += ["--convert-to", target == .docx ? "docx:MS Word 2007 XML" : ending == "xlsx" ? "pdf:calc_pdf_Export" : "pdf", "--outdir", folder, source]
        return words
    }

    /// A child in a session of its own, so that nothing it started outlives it. A cancelled caller ends it.
    private func run(_ words: [String], in folder: String) async throws -> Int32 {
        let process = Process()
        // `timeout` ends the whole group; `prlimit` holds memory and processor time of each of its processes.
        process.executableURL = URL(fileURLWithPath: "/usr/bin/timeout")
        let limited =
            FileManager.default.isExecutableFile(atPath: OfficeProgram.limiter)
            ? [OfficeProgram.limiter, "--as=\(OfficeProgram.memoryBytes)", "--cpu=\(seconds)", "--fsize=\(OfficeProgram.largestResult)", "--"] : []
        process.arguments = ["--signal=KILL", "\(seconds)"] + limited + words
        process.environment = ["HOME": folder, "TMPDIR": folder, "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"]
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        let ended = AsyncStream<Int32>.makeStream()
        process.terminationHandler = { process in
            ended.continuation.yield(process.terminationReason == .uncaughtSignal ? 128 + process.terminationStatus : process.terminationStatus)
            ended.continuation.finish()
        }
        do { try process.run() } catch { throw Failure(.unavailable, "JW-R041", "文件转换程序无法启动", cause: "\(error)") }
        let group = process.processIdentifier
        return try await withTaskCancellationHandler {
            for await status in ended.stream { return status }
            throw CancellationError()
        } onCancel: {
            // `timeout` hands the signal on to everything it started.
            kill(group, SIGTERM)
        }
    }
}
