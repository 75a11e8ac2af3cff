import Foundation
import Media
import Synchronization

/// One running tool: its output goes to whoever started it as it comes, its last words are kept to say why it ended.
final class VideoChild: Sendable {
    private struct State {
        var words: [UInt8] = []
        var status: Int32?
        var isDrained = false
    }

    private let process: Process
    private let state = Mutex(State())

    private init(_ process: Process) { self.process = process }

    /// - Parameters:
    ///   - threads: lives as long as the program, because the kernel kills the tool when the thread that started it ends.
    ///   - output: called with what comes, in order, by one caller at a time.
    static func start(_ command: VideoCommand, on threads: PictureThreads, output: @escaping @Sendable (Data) -> Void) async throws -> VideoChild {
        try await threads.run {
            let process = Process(), out = Pipe(), words = Pipe()
            process.executableURL = URL(fileURLWithPath: VideoCommand.program)
            process.arguments = command.arguments
            process.environment = ["PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "Asia/Shanghai", "AV_LOG_FORCE_NOCOLOR": "1"]
            process.currentDirectoryURL = URL(fileURLWithPath: "/")
            process.standardOutput = out
            process.standardError = words
            // Written before there is a reader, so that a tool that ends at once breaks no pipe; a list is far smaller than what a pipe holds.
            if command.input.isEmpty {
                process.standardInput = FileHandle.nullDevice
            } else {
                let list = Pipe()
                process.standardInput = list
                try list.fileHandleForWriting.write(contentsOf: Data(command.input.utf8))
                try list.fileHandleForWriting.close()
            }
            let child = VideoChild(process)
            let given = try Self.own(out.fileHandleForReading), said = try Self.own(words.fileHandleForReading)
            process.terminationHandler = { [weak child] process in child?.ended(process.terminationStatus) }
            do { try process.run() } catch {
                close(given)
                close(said)
                throw error
            }
            Self.read(given, output) { [weak child] in child?.drained() }
            Self.read(said, { [weak child] in child?.heard($0) }, end: {})
            return child
        }
    }

    /// A descriptor of the reading thread's own, closed by it alone.
    private static func own(_ handle: FileHandle) throws -> Int32 {
        let copy = fcntl(handle.fileDescriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw VideoRefusal(.noTool) }
        return copy
    }

    /// A thread of its own until the other end is closed: handlers of Foundation's handles end the program now and then when a pipe ends (`_dispatch_event_loop_drain`, Swift 6.3).
    private static func read(_ descriptor: Int32, _ each: @escaping @Sendable (Data) -> Void, end: @escaping @Sendable () -> Void) {
        let thread = Thread {
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = buffer.withUnsafeMutableBytes { Foundation.read(descriptor, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { break }
                each(Data(buffer[0..<count]))
            }
            close(descriptor)
            end()
        }
        thread.name = "video"
        thread.stackSize = 512 << 10
        thread.start()
    }

    private func heard(_ data: Data) {
        state.withLock { state in
            state.words.append(contentsOf: data)
            if state.words.count > 8192 { state.words.removeFirst(state.words.count - 4096) }
        }
    }

    private func drained() { state.withLock { $0.isDrained = true } }

    private func ended(_ status: Int32) { state.withLock { $0.status = status } }

    /// Whether all it gave has been handed on.
    var isDrained: Bool { state.withLock { $0.isDrained } }
    /// Of a tool that ended; nil while it runs.
    var status: Int32? { state.withLock { $0.status } }
    var reason: VideoReason { state.withLock { VideoReason(status: $0.status ?? 0, words: String(decoding: $0.words, as: UTF8.self)) } }
    var pid: Int32 { process.processIdentifier }

    /// At once and without a chance to object; a tool that ended already is left alone.
    func stop() {
        guard status == nil, process.isRunning else { return }
        kill(process.processIdentifier, SIGKILL)
    }
}
