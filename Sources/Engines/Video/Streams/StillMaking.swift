import Foundation
import Kernel
import Synchronization

extension StreamHouse {
    /// One picture of a camera as it is now, made at most once a second however many ask. Begins the camera's stream where it does not run.
    ///
    /// - Throws: `.unavailable` `JW-V001` with what is wrong.
    package func still(of id: Int64) async throws -> Still {
        switch stills.turn(id) {
        case .known(let still): return still
        case .wait: return try await stills.wait(for: id).get()
        case .make:
            do {
                let made = try await draw(id, width: 960) { _ in nil }
                stills.settle(id, .success(made))
                return made
            } catch {
                let failure = error as? Failure ?? VideoRefusal(.stalled).failure
                stills.settle(id, .failure(failure))
                throw failure
            }
        }
    }

    /// One picture in full width with words on it; `words` is asked with the moment of the picture.
    package func capture(_ id: Int64, words: @escaping @Sendable (Moment) -> String?) async throws -> Still { try await draw(id, width: 1920, words: words) }

    private func draw(_ id: Int64, width: Int, words: @escaping @Sendable (Moment) -> String?) async throws -> Still {
        // Takes nothing: it is only there so that the stream runs.
        let seat = try join(id, VideoViewer(limit: 0))
        defer { leave(seat) }
        let (start, fragment, date) = try await newest(seat.stream)
        let at = Moment(milliseconds: Int64(date.timeIntervalSince1970 * 1000))
        try await room()
        defer { hasDrawn() }
        let folder = NSTemporaryDirectory() + "/jianwei-still-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data(start.bytes + fragment.bytes).write(to: URL(fileURLWithPath: folder + "/stream.mp4"))
        let text = words(at)
        if let text { try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/words.txt")) }
        let jpeg = try await output(of: VideoCommand.still(of: folder + "/stream.mp4", width: width, words: text == nil ? nil : folder + "/words.txt"))
        return Still(jpeg: jpeg, at: at)
    }

    private func newest(_ stream: CameraStream) async throws -> (VideoStart, VideoFragment, Date) {
        let until = ContinuousClock.now.advanced(by: .seconds(limits.patience + 2))
        while ContinuousClock.now < until {
            if let still = stream.fan.still { return (still.start, still.fragment, stream.stillAt ?? Date()) }
            if let reason = stream.fan.note.reason { throw VideoRefusal(reason).failure }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw VideoRefusal(.stalled).failure
    }

    private func room() async throws {
        for _ in 0..<100 {
            if mayDraw() { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw VideoRefusal(.busyTranscodes).failure
    }

    /// - Throws: where the tool gives no picture within ten seconds.
    private func output(of command: VideoCommand) async throws -> [UInt8] {
        let box = Collected()
        let child = try await VideoChild.start(command, on: threads) { box.add($0) }
        defer { child.stop() }
        let until = ContinuousClock.now.advanced(by: .seconds(10))
        while ContinuousClock.now < until, child.status == nil || !child.isDrained { try await Task.sleep(for: .milliseconds(20)) }
        guard child.status == 0, box.bytes.count > 100 else { throw VideoRefusal(child.status == nil ? .stalled : .garbage).failure }
        return box.bytes
    }
}

/// What a tool gave, at most four megabytes of it.
private final class Collected: Sendable {
    private let held = Mutex<[UInt8]>([])

    var bytes: [UInt8] { held.withLock { $0 } }

    func add(_ data: Data) { held.withLock { if $0.count + data.count <= 4 << 20 { $0.append(contentsOf: data) } } }
}
