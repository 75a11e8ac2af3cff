import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Kernel
import Testing
import Web

@Suite("实时推送")
struct LiveHubTests {
    static let start = Moment(milliseconds: 1_795_226_400_000)
    /// The id before the first event of a hub that begins at `start`.
    static let before = start.milliseconds * 1000

    /// Publishes, ends the streams, and reads what a page that had seen everything up to `last` receives.
    static func received(_ events: [LiveEvent], topics: String = "pass", last: Int64? = before, hub: LiveHub = LiveHub(clock: .fixed(start))) async throws -> String {
        for event in events { hub.publish(event) }
        hub.close()
        let collected = Collected()
        try await Reception.test(Reception.site(hub: hub)) { client in
            let uri = "/live?topics=\(topics)" + (last.map { "&last=\($0)" } ?? "")
            let response = try await client.execute(uri: uri, method: .get, headers: Reception.cookie("clerk"))
            #expect(response.header("Content-Type") == "text/event-stream; charset=utf-8")
            await collected.set(response.text)
        }
        return await collected.text
    }

    actor Collected {
        var text = ""
        func set(_ text: String) { self.text = text }
    }

    struct Example: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let event: LiveEvent
        let isReceived: Bool
    }

    static let examples: [Example] = [
        Example(testDescription: "本县本主题", event: LiveEvent("pass", org: 3, area: "130102", permission: "vehicle.read", .html("<li>一</li>")), isReceived: true),
        Example(testDescription: "外县", event: LiveEvent("pass", org: 3, area: "130104", .html("<li>一</li>")), isReceived: false),
        Example(testDescription: "没有归属", event: LiveEvent("pass", .html("<li>一</li>")), isReceived: false),
        Example(testDescription: "没有权限", event: LiveEvent("pass", area: "130102", permission: "alarm.read", .html("<li>一</li>")), isReceived: false),
        Example(testDescription: "其他主题", event: LiveEvent("alarm", area: "130102", .html("<li>一</li>")), isReceived: false),
        Example(testDescription: "提醒不分主题", event: LiveEvent("alarm", area: "130102", .toast(title: "报警", text: "一", tone: .red, path: nil)), isReceived: true),
        Example(testDescription: "发给本人", event: LiveEvent("pass", user: 7, .json(["n": 1])), isReceived: true),
        Example(testDescription: "发给他人", event: LiveEvent("pass", area: "130102", user: 9, .json(["n": 1])), isReceived: false),
    ]

    @Test(arguments: examples)
    func reachesOnlyWhoMaySee(_ example: Example) async throws {
        let text = try await Self.received([example.event])
        #expect(text.contains("event: live") == example.isReceived)
    }

    @Test func resumesAfterTheLastSeenEvent() async throws {
        let events = (1...3).map { LiveEvent("pass", area: "130102", .json(["n": .int(Int64($0))])) }
        let text = try await Self.received(events, last: Self.before + 1)
        #expect(!text.contains("\"n\":1"))
        #expect(text.contains("id: \(Self.before + 2)\nevent: live\ndata: {\"topic\":\"pass\",\"json\":{\"n\":2}}\n\n"))
        #expect(text.contains("\"n\":3"))
    }

    @Test func saysWhenSomethingWasMissed() async throws {
        let events = (1...9).map { LiveEvent("pass", area: "130102", .json(["n": .int(Int64($0))])) }
        let forgotten = try await Self.received(events, hub: LiveHub(ringSize: 2, bufferSize: 8, clock: .fixed(Self.start)))
        #expect(forgotten.contains("event: reload"))
        let overflown = try await Self.received(events, hub: LiveHub(ringSize: 100, bufferSize: 2, clock: .fixed(Self.start)))
        #expect(overflown.contains("event: reload"))
        #expect(overflown.contains("\"n\":9"))
        #expect(!overflown.contains("\"n\":3"))
        let fresh = try await Self.received(events, last: nil)
        #expect(!fresh.contains("event:"))
    }

    @Test func strangersGetNothing() async throws {
        try await Reception.test { client in
            let response = try await client.execute(uri: "/live?topics=pass", method: .get, headers: [.accept: "text/event-stream, application/json"])
            #expect(response.status == .unauthorized)
        }
    }
}
