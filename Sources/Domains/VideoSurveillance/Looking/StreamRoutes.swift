import Cryptography
import Features
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Logging
import NIOCore
import Storage
import Video
import Web

/// The pictures themselves: one connection for all pictures of a page, one plain stream for players, single pictures.
struct StreamRoutes: Sendable {
    let desk: CameraDesk
    /// Pictures on one page.
    static let most = 16

    func add(to routes: Routes) {
        let view = RoutePermission.named(VideoPermission.view)
        routes.get("/cameras/stream", permission: view, use: many)
        routes.get("/cameras/{id}/live.mp4", permission: view, use: plain)
        routes.get("/cameras/{id}/snapshot.jpg", permission: view, use: snapshot)
    }

    /// The cameras that an address names, within the reader's scope, in its order.
    ///
    /// - Throws: `.notFound` where one is not among them; `.forbidden` `JW-V003` where a private scene is being dealt with.
    private func cameras(_ ids: [Int64], by principal: Principal) async throws -> [CameraEntry] {
        let found = try await desk.platform.database.read { try CameraBook.some(ids, for: principal, in: $0) }
        let known = Dictionary(found.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let chosen = ids.compactMap { known[$0] }
        guard chosen.count == ids.count, !ids.isEmpty else { throw Failure.notFound("摄像机") }
        return chosen
    }

    // MARK: All pictures of a page

    /// `GET /cameras/stream?ids=3,7`: parts of `kind u8 | slot u8 | 0 u16 | length u32 | content`. Kind 0 is how a stream stands as JSON, 1 its start (`length of codec u16 | codec | ftyp moov`), 2 a fragment.
    @Sendable func many(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        var seen: Set<Int64> = []
        let ids = (context.here["ids"] ?? "").split(separator: ",").prefix(Self.most).compactMap { Int64($0) }.filter { seen.insert($0).inserted }
        let cameras = try await cameras(ids, by: principal)
        let way: Viewings.Way = cameras.count == 1 ? .live : .wall
        let rows = try await desk.viewings.begin(cameras.filter { !$0.isCovered }, way, by: principal)
        let kept = zip(cameras.filter { !$0.isCovered }.map(\.id), rows).reduce(into: [Int64: Int64]()) { $0[$1.0] = $1.1 }
        let body = ResponseBody { writer in
            let began = ContinuousClock.now
            let viewer = VideoViewer(slots: cameras.count, limit: cameras.count == 1 ? 12 << 20 : 3 << 20)
            var watch = SlotWatch(cameras.count, began)
            var seats: [StreamHouse.Seat] = []
            defer { for seat in seats { desk.streams.leave(seat) } }
            do {
                for (slot, camera) in cameras.enumerated() {
                    do {
                        guard !camera.isCovered else { throw VideoRefusal(.covered).failure }
                        seats.append(try desk.streams.join(camera.id, viewer, slot: slot))
                    } catch let failure as Failure {
                        watch.results[slot] = failure.message
                        try await writer.write(Self.part(0, slot, Self.json("failed", failure.message)))
                    }
                }
                while let (slot, piece) = await viewer.next() {
                    if try await !stillMay(ids, principal, context, &watch) { break }
                    try await writer.write(Self.part(piece, slot, &watch))
                }
                try await writer.finish(nil)
            } catch {
                await settle(cameras, kept, watch)
                throw error
            }
            await settle(cameras, kept, watch)
        }
        return Response(status: .ok, headers: [.contentType: "application/octet-stream", .cacheControl: "no-store, no-transform"], body: body)
    }

    private func settle(_ cameras: [CameraEntry], _ rows: [Int64: Int64], _ watch: SlotWatch) async {
        for (slot, camera) in cameras.enumerated() {
            guard let row = rows[camera.id] else { continue }
            if let opening = watch.first[slot] { desk.platform.services.meter.note(ServiceKind.videoOpening.rawValue, milliseconds: Double(opening)) }
            do {
                try await desk.viewings.end(row, startMillis: watch.first[slot], result: watch.first[slot] == nil ? watch.results[slot] : nil, camera: camera.id)
            } catch { desk.platform.logger.info("the end of a look was not written", metadata: ["error": "\(error)"]) }
        }
    }

    /// Each half minute: whether the session stands, the cameras are still the reader's and no picture was covered meanwhile.
    private func stillMay(_ ids: [Int64], _ principal: Principal, _ context: WebContext, _ watch: inout SlotWatch) async throws -> Bool {
        guard watch.checkedAt.duration(to: .now) > .seconds(30) else { return true }
        watch.checkedAt = .now
        if let token = context.token, try await context.site.sessions.resolve(token: token, address: context.address) == nil { return false }
        let found = try await desk.platform.database.read { try CameraBook.some(ids, for: principal, in: $0) }
        return found.count == ids.count && !found.contains { $0.isCovered && !watch.results.keys.contains(ids.firstIndex(of: $0.id) ?? -1) }
    }

    private static func json(_ state: String, _ message: String, title: String = "", isTranscoded: Bool = false) -> [UInt8] {
        (["state": .string(state), "message": .string(message), "title": .string(title), "transcoded": .bool(isTranscoded)] as JSONValue).bytes
    }

    private static func part(_ piece: VideoViewer.Piece, _ slot: Int, _ watch: inout SlotWatch) -> ByteBuffer {
        switch piece {
        case .note(let note):
            if let reason = note.reason { watch.results[slot] = reason.message }
            return part(0, slot, json(note.state.rawValue, note.reason?.message ?? "", isTranscoded: note.isTranscoded))
        case .start(let start):
            watch.lines[slot] = VideoTimeline()
            let codec = Array(start.codec.utf8)
            return part(1, slot, [UInt8(codec.count >> 8), UInt8(codec.count & 255)] + codec + start.bytes)
        case .fragment(let fragment, let isAfterGap):
            if watch.first[slot] == nil { watch.first[slot] = watch.millis }
            return part(2, slot, fragment.moved(to: watch.lines[slot].place(fragment, isAfterGap: isAfterGap)))
        }
    }

    private static func part(_ kind: UInt8, _ slot: Int, _ content: [UInt8]) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(content.count + 8)
        buffer.writeBytes([kind, UInt8(truncatingIfNeeded: slot), 0, 0])
        buffer.writeInteger(UInt32(content.count))
        buffer.writeBytes(content)
        return buffer
    }

    // MARK: One plain stream

    /// `GET /cameras/3/live.mp4`: a fragmented MP4 without end, for `<video>` without scripts and for other players.
    @Sendable func plain(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try context.id()
        let camera = try await one(id, by: principal)
        let began = ContinuousClock.now
        try await awaitStart(id)
        let row = try await desk.viewings.begin([camera], .stream, by: principal)[0]
        let body = ResponseBody { writer in
            let viewer = VideoViewer(limit: 12 << 20)
            let seat = try desk.streams.join(id, viewer)
            defer { desk.streams.leave(seat) }
            var watch = SlotWatch(1, began), hasStart = false
            do {
                reading: while let (_, piece) = await viewer.next() {
                    if try await !stillMay([id], principal, context, &watch) { break }
                    switch piece {
                    case .note(let note): if note.reason != nil { break reading }
                    case .start(let start):
                        if hasStart { break reading }
                        hasStart = true
                        try await writer.write(ByteBuffer(bytes: start.bytes))
                    case .fragment: try await writer.write(Self.content(piece, &watch))
                    }
                }
                try await writer.finish(nil)
            } catch {
                await settle([camera], [id: row], watch)
                throw error
            }
            await settle([camera], [id: row], watch)
        }
        return Response(status: .ok, headers: [.contentType: "video/mp4", .cacheControl: "no-store, no-transform"], body: body)
    }

    private static func content(_ piece: VideoViewer.Piece, _ watch: inout SlotWatch) -> ByteBuffer {
        guard case .fragment(let fragment, let isAfterGap) = piece else { return ByteBuffer() }
        if watch.first[0] == nil { watch.first[0] = watch.millis }
        return ByteBuffer(bytes: fragment.moved(to: watch.lines[0].place(fragment, isAfterGap: isAfterGap)))
    }

    /// Waits until there is something to play, so that a camera without a picture is answered with what is wrong.
    private func awaitStart(_ id: Int64) async throws {
        let viewer = VideoViewer(limit: 0)
        let seat = try desk.streams.join(id, viewer)
        defer { desk.streams.leave(seat) }
        while let (_, piece) = await viewer.next() {
            switch piece {
            case .start: return
            case .note(let note): if let reason = note.reason { throw VideoRefusal(reason).failure }
            case .fragment: break
            }
        }
        throw VideoRefusal(.stopped).failure
    }

    // MARK: Single pictures

    private func one(_ id: Int64, by principal: Principal) async throws -> CameraEntry {
        let camera = try await desk.platform.database.read { try CameraBook.one(id, for: principal, in: $0) }
        guard !camera.isCovered else { throw VideoRefusal(.covered).failure }
        return camera
    }

    @Sendable func snapshot(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let camera = try await one(try context.id(), by: principal)
        let began = ContinuousClock.now
        let still = try await desk.streams.still(of: camera.id)
        // One row for as long as somebody keeps looking.
        if let row = try await desk.viewings.begin([camera], .still, by: principal).first {
            try await desk.viewings.end(row, startMillis: SlotWatch.millis(since: began), result: nil, camera: camera.id)
        }
        return .bytes(still.jpeg, contentType: "image/jpeg")
    }
}

/// What one connection has seen of each of its pictures.
struct SlotWatch: Sendable {
    private let began: ContinuousClock.Instant
    var lines: [VideoTimeline]
    /// Milliseconds until the first picture.
    var first: [Int?]
    var results: [Int: String] = [:]
    var checkedAt: ContinuousClock.Instant

    init(_ slots: Int, _ began: ContinuousClock.Instant) {
        self.began = began
        checkedAt = began
        lines = Array(repeating: VideoTimeline(), count: slots)
        first = Array(repeating: nil, count: slots)
    }

    var millis: Int { Self.millis(since: began) }

    static func millis(since began: ContinuousClock.Instant) -> Int {
        let passed = began.duration(to: .now).components
        return Int(passed.seconds) * 1000 + Int(passed.attoseconds / 1_000_000_000_000_000)
    }
}
