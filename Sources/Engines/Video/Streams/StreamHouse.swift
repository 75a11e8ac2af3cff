import Foundation
import Kernel
import Logging
import Media
import Synchronization

/// All streams of cameras that run in this process: one a camera however many look, begun when the first comes, ended when nobody has looked for a while, begun anew when it breaks.
package final class StreamHouse: Sendable {
    /// Where a camera's pictures come from now; throws a `VideoRefusal` when they may not be asked for.
    package typealias Sources = @Sendable (Int64) async throws -> VideoSource
    /// Told how the stream of a camera stands, so that a camera that is watched needs no further probe.
    package typealias Standing = @Sendable (Int64, VideoReason?) -> Void

    private struct State {
        var streams: [Int64: CameraStream] = [:]
        var foreign: Set<Int64> = []
        var transcodes = 0
        var viewers = 0
        var drawing = 0
        var sources: Sources?
        var standing: Standing?
        var isOpen = true
        var limits = VideoLimits()
    }

    private let state = Mutex(State())
    private let orders: (stream: AsyncStream<CameraStream>, continuation: AsyncStream<CameraStream>.Continuation)
    let threads = PictureThreads(threads: 1, waiting: 256)
    private let logger: Logger
    let stills = StillKeeper()

    package init(logger: Logger) {
        self.logger = logger
        orders = AsyncStream.makeStream()
    }

    /// Called once, before anything is served.
    package func connect(sources: @escaping Sources, standing: @escaping Standing) {
        state.withLock {
            $0.sources = sources
            $0.standing = standing
        }
    }

    package var limits: VideoLimits {
        get { state.withLock { $0.limits } }
        set { state.withLock { $0.limits = newValue } }
    }

    // MARK: Looking

    /// A seat at one camera's stream.
    package struct Seat: Sendable {
        let stream: CameraStream
        let key: Int
    }

    /// - Throws: `.unavailable` `JW-V001` when too many look, or too many cameras are looked at.
    package func join(_ id: Int64, _ viewer: VideoViewer, slot: Int = 0) throws -> Seat {
        let (seat, isNew) = try state.withLock { state -> (Seat, Bool) in
            guard state.isOpen else { throw VideoRefusal(.stopped).failure }
            guard state.viewers < state.limits.viewers else { throw VideoRefusal(.busyViewers).failure }
            let known = state.streams[id]
            guard known != nil || state.streams.count < state.limits.streams else { throw VideoRefusal(.busyStreams).failure }
            let stream = known ?? CameraStream(id: id)
            state.viewers += 1
            state.streams[id] = stream
            // Under the lock, so that a stream that is just being taken out has nobody on it.
            return (Seat(stream: stream, key: stream.join(viewer, slot: slot)), known == nil)
        }
        if isNew { orders.continuation.yield(seat.stream) }
        return seat
    }

    package func leave(_ seat: Seat) {
        seat.stream.leave(seat.key)
        state.withLock { $0.viewers -= 1 }
    }

    /// How the streams stand, for pages and metrics.
    package struct Standings: Sendable {
        package var id: Int64
        package var viewers: Int
        package var note: VideoNote
        package var firstAfter: Double?
        package var bytes: Int
        package var title: String
        package var pid: Int32?
    }

    package var standings: [Standings] {
        state.withLock { Array($0.streams.values) }.map { stream in
            Standings(
                id: stream.id, viewers: stream.viewers, note: stream.fan.note, firstAfter: stream.firstAfter, bytes: stream.bytes,
                title: stream.fan.start.map { "\($0.title) \($0.width)×\($0.height)" } ?? "", pid: stream.child.flatMap { $0.status == nil ? $0.pid : nil })
        }.sorted { $0.id < $1.id }
    }

    package func standing(of id: Int64) -> Standings? { standings.first { $0.id == id } }

    /// The camera's address, account or state changed.
    package func renew(_ id: Int64) {
        let stream = state.withLock { state -> CameraStream? in
            state.foreign.remove(id)
            return state.streams[id]
        }
        stream?.renew()
    }

    /// At most three pictures are made side by side.
    func mayDraw() -> Bool {
        state.withLock { state in
            guard state.drawing < 3 else { return false }
            state.drawing += 1
            return true
        }
    }

    func hasDrawn() { state.withLock { $0.drawing -= 1 } }

    // MARK: Running

    /// Until cancelled; then every tool is ended and every viewer told.
    package func run() async {
        await withDiscardingTaskGroup { group in
            for await stream in orders.stream { group.addTask { [self] in await keep(stream) } }
            group.cancelAll()
        }
        close()
    }

    /// Nobody is let in any more, and who looks is told.
    package func close() {
        let streams = state.withLock { state -> [CameraStream] in
            state.isOpen = false
            return Array(state.streams.values)
        }
        for stream in streams {
            stream.fan.tell(VideoNote(.failed, .stopped))
            stream.fan.close()
            stream.child?.stop()
        }
    }

    /// One camera, from the first viewer to a while after the last.
    private func keep(_ stream: CameraStream) async {
        var pause = 1.0
        while !Task.isCancelled, !endWhenLonely(stream) {
            stream.fan.tell(VideoNote(.connecting))
            let reason = await attempt(stream)
            guard let reason else { continue }
            stream.fan.forget()
            if stream.firstAfter != nil { pause = 1 }
            stream.fan.tell(VideoNote(reason.isPassing ? .waiting : .failed, reason))
            logger.info("camera stream ended", metadata: ["camera": "\(stream.id)", "reason": "\(reason.rawValue)", "fault": "\(stream.fault?.text ?? "")"])
            state.withLock { $0.standing }?(stream.id, reason)
            await wait(stream, seconds: reason.isPassing ? pause : 30)
            pause = min(pause * 2, 15)
        }
        stream.child?.stop()
    }

    /// Takes the stream out when nobody looks; whoever comes after that begins another.
    private func endWhenLonely(_ stream: CameraStream) -> Bool {
        state.withLock { state in
            guard stream.isLonely(for: state.limits.linger) else { return false }
            if state.streams[stream.id] === stream { state.streams[stream.id] = nil }
            return true
        }
    }

    private func wait(_ stream: CameraStream, seconds: Double) async {
        let until = ContinuousClock.now.advanced(by: .seconds(seconds))
        var turns = 0
        while ContinuousClock.now < until, !Task.isCancelled, !stream.isRenewed, !stream.isLonely(for: limits.linger) {
            turns += 1
            if turns % 25 == 0 { stream.fan.beat() }
            try? await Task.sleep(for: .milliseconds(200))
        }
    }

    /// One run of the tool.
    ///
    /// - Returns: why it ended; nil when nobody looks any more, or it shall be begun anew at once.
    private func attempt(_ stream: CameraStream) async -> VideoReason? {
        stream.begin()
        let source: VideoSource
        do {
            guard let sources = state.withLock({ $0.sources }) else { return .stopped }
            source = try await sources(stream.id)
        } catch let refusal as VideoRefusal { return refusal.reason } catch {
            if !Task.isCancelled { logger.warning("camera source", metadata: ["camera": "\(stream.id)", "error": "\(error)"]) }
            return .unreachable
        }
        let transcodes = state.withLock { $0.foreign.contains(stream.id) }
        if transcodes, !takeTranscode() { return .busyTranscodes }
        defer { if transcodes { state.withLock { $0.transcodes -= 1 } } }
        do {
            let child = try await VideoChild.start(VideoCommand.stream(source, transcodes: transcodes), on: threads) { [weak stream] data in
                stream?.receive(data, wantsH264: !transcodes)
            }
            stream.attach(child)
            defer { child.stop() }
            return await watch(stream, child, transcodes: transcodes)
        } catch {
            logger.warning("the video tool could not be started", metadata: ["error": "\(error)"])
            return .noTool
        }
    }

    private func takeTranscode() -> Bool {
        state.withLock { state in
            guard state.transcodes < state.limits.transcodes else { return false }
            state.transcodes += 1
            return true
        }
    }

    private func watch(_ stream: CameraStream, _ child: VideoChild, transcodes: Bool) async -> VideoReason? {
        var isTold = false, turns = 0
        while !Task.isCancelled {
            turns += 1
            if turns % 35 == 0 { stream.fan.beat() }
            if stream.isRenewed || stream.isLonely(for: limits.linger) { return nil }
            if !isTold, stream.firstAfter != nil {
                isTold = true
                state.withLock { $0.standing }?(stream.id, nil)
            }
            if stream.fault != nil {
                guard stream.foreignFormat != nil, !transcodes else { return .garbage }
                _ = state.withLock { $0.foreign.insert(stream.id) }
                return nil
            }
            if child.status != nil {
                // The last words may still be on their way.
                try? await Task.sleep(for: .milliseconds(100))
                let reason = child.reason
                guard reason == .unsupported, !transcodes else { return stream.firstAfter != nil && reason == .garbage ? .ended : reason }
                _ = state.withLock { $0.foreign.insert(stream.id) }
                return nil
            }
            if stream.isStalled(limits) { return .stalled }
            try? await Task.sleep(for: .milliseconds(150))
        }
        return .stopped
    }
}

/// Why pictures of a camera are not asked for.
package struct VideoRefusal: Error, Sendable {
    package var reason: VideoReason

    package init(_ reason: VideoReason) { self.reason = reason }

    package var failure: Failure { Failure(reason == .covered ? .forbidden : .unavailable, reason == .covered ? "JW-V003" : "JW-V001", reason.message, cause: reason.rawValue) }
}
