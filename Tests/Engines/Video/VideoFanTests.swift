import Testing
import Video

@Suite("D10.2.1 一路取流多人观看")
struct VideoFanTests {
    private func start() throws -> VideoStart {
        guard case .start(let start) = try BoxMaker.pieces(BoxMaker.ftyp + BoxMaker.moov())[0] else { throw VideoFault.order("start") }
        return start
    }

    private func take(_ viewer: VideoViewer, _ count: Int) async -> [VideoViewer.Piece] {
        var pieces: [VideoViewer.Piece] = []
        for _ in 0..<count { if let (_, piece) = await viewer.next() { pieces.append(piece) } }
        return pieces
    }

    @Test func whoComesLaterBeginsWithTheLastWholePicture() async throws {
        let fan = VideoFan(), fragments = try BoxMaker.fragments(6, keys: 3)
        fan.publish(.start(try start()))
        for fragment in fragments.prefix(5) { fan.publish(.fragment(fragment)) }
        let viewer = VideoViewer()
        let key = fan.join(viewer)
        let pieces = await take(viewer, 4)
        #expect(pieces == [.note(VideoNote(.connecting)), .start(try start()), .fragment(fragments[3], isAfterGap: false), .fragment(fragments[4], isAfterGap: false)])
        fan.publish(.fragment(fragments[5]))
        #expect(await take(viewer, 1) == [.fragment(fragments[5], isAfterGap: false)])
        fan.leave(key)
        #expect(fan.count == 0)
    }

    @Test func whoTakesSlowlyMissesUpToTheNextWholePicture() async throws {
        let fan = VideoFan(), fragments = try BoxMaker.fragments(12, keys: 4, body: 1000)
        let slow = VideoViewer(limit: 3000), quick = VideoViewer()
        _ = fan.join(slow)
        _ = fan.join(quick)
        fan.publish(.start(try start()))
        for fragment in fragments.prefix(6) {
            fan.publish(.fragment(fragment))
            #expect(slow.held <= 3000)
        }
        #expect(slow.skipped > 0 && quick.skipped == 0)
        let pieces = await take(slow, 3)
        guard case .fragment(let fragment, let isAfterGap) = pieces[2] else { return #expect(Bool(false), "a fragment") }
        #expect(fragment.isKey && isAfterGap)
        #expect(await take(quick, 8).count == 8)
    }

    @Test func aClosedViewerIsToldAndHoldsNothing() async throws {
        let fan = VideoFan(), viewer = VideoViewer()
        _ = fan.join(viewer)
        async let waiting = take(viewer, 1)
        #expect(await waiting.count == 1)
        viewer.close()
        fan.publish(.start(try start()))
        #expect(await viewer.next() == nil)
        #expect(viewer.held == 0)
    }

    @Test func oneConnectionCarriesSeveralCameras() async throws {
        let first = VideoFan(), second = VideoFan(), viewer = VideoViewer(slots: 2)
        _ = first.join(viewer, slot: 0)
        _ = second.join(viewer, slot: 1)
        second.tell(VideoNote(.failed, .unreachable))
        var slots: [Int] = []
        for _ in 0..<3 { if let (slot, _) = await viewer.next() { slots.append(slot) } }
        #expect(slots == [0, 1, 1])
    }

    @Test func timeBeginsAtNoughtAndHasNoHoles() throws {
        let fragments = try BoxMaker.fragments(10, keys: 5)
        var line = VideoTimeline()
        #expect(line.place(fragments[3], isAfterGap: false) == 0)
        #expect(line.place(fragments[4], isAfterGap: false) == 3000)
        #expect(line.place(fragments[8], isAfterGap: true) == 6000)
        #expect(line.place(fragments[9], isAfterGap: false) == 9000)
    }

    @Test func aGroupOfPicturesThatIsTooLongIsNotKept() throws {
        let fan = VideoFan(), fragments = try BoxMaker.fragments(700, keys: 700)
        fan.publish(.start(try start()))
        for fragment in fragments { fan.publish(.fragment(fragment)) }
        #expect(fan.still == nil)
    }
}

extension VideoFanTests {
    @Test func whoIsCancelledIsLetGo() async {
        let viewer = VideoViewer()
        let isOver = await withTaskGroup(of: Bool.self) { group in
            group.addTask { await viewer.next() == nil }
            group.cancelAll()
            return await group.next()
        }
        #expect(isOver == true)
    }
}
