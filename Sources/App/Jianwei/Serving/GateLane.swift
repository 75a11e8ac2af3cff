import Foundation
import HJ1321
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import NIOCore
import NIOHTTPTypes
import Synchronization

/// The short way of gate passes: from the socket's event loop to the writer and back, without a task, a router or a stream between.
///
/// It stands in each connection's pipeline before what makes requests for the router. A small request with passes is collected, checked and judged here, answered when it is durable; all
/// else, and what must wait for the database first, goes on as it came (decision 0060). While an answer is due what comes waits, and after a little of it nothing more is read, so answers keep
/// their order.
///
/// Belongs to its event loop; never shared.
final class GateLane: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    struct Setup: Sendable {
        let gates: GateGateway
        let trustedProxies: Set<String>
        let metrics: Metrics
        let clock: Clock
        let date: HTTPDate
        let blocks: AddressBlocks

        init(gates: GateGateway, trustedProxies: Set<String>, metrics: Metrics, clock: Clock, blocks: AddressBlocks) {
            self.blocks = blocks
            self.gates = gates
            self.trustedProxies = trustedProxies
            self.metrics = metrics
            self.clock = clock
            date = HTTPDate()
        }
    }

    private enum State {
        /// Requests go on to the router.
        case passing
        case collecting(HTTPRequest, ByteBuffer)
        case answering(since: ContinuousClock.Instant)
    }

    /// Parts held before reading stops.
    private static let mostHeld = 4

    private let setup: Setup
    private var state = State.passing
    /// Requests that went on and are not answered yet.
    private var outstanding = 0
    /// Whether anything went on since the last `channelReadComplete`.
    private var hasPassed = true
    /// What came while an answer is due: parts and events, in their order.
    private var held: [Held] = []
    private var wantsRead = false
    private var address = ""

    private enum Held {
        case part(HTTPRequestPart)
        case event(Any)
    }

    init(_ setup: Setup) { self.setup = setup }

    // MARK: In

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        if case .answering = state { return held.append(.part(part)) }
        take(part, context)
    }

    private func take(_ part: HTTPRequestPart, _ context: ChannelHandlerContext) {
        switch (state, part) {
        case (.passing, .head(let head)) where outstanding == 0 && isForHere(head):
            state = .collecting(head, ByteBuffer())
        case (.collecting(let head, var body), .body(var more)):
            // Held by nobody else while it grows.
            state = .passing
            if body.readableBytes == 0 { body = more } else { body.writeBuffer(&more) }
            state = .collecting(head, body)
        case (.collecting(let head, let body), .end(let trailers)):
            answer(head, body, trailers, context)
        default:
            pass(part, context)
        }
    }

    private func isForHere(_ head: HTTPRequest) -> Bool {
        setup.gates.mayAnswerAtOnce(head) && head.headerFields[.expect] == nil && head.headerFields[.connection].map { $0 == "keep-alive" } ?? true
    }

    private func pass(_ part: HTTPRequestPart, _ context: ChannelHandlerContext) {
        if case .head = part { outstanding += 1 }
        hasPassed = true
        context.fireChannelRead(wrapInboundOut(part))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        guard hasPassed else { return }
        hasPassed = false
        context.fireChannelReadComplete()
    }

    /// While an answer is due only a little more is read: most senders have nothing more to say, and to stop listening for a moment would cost two system calls a request.
    func read(context: ChannelHandlerContext) {
        if case .answering = state, held.count >= GateLane.mostHeld { wantsRead = true } else { context.read() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .answering = state { held.append(.event(event)) } else { context.fireUserInboundEventTriggered(event) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        held = []
        context.fireChannelInactive()
    }

    // MARK: Answer

    private func answer(_ head: HTTPRequest, _ body: ByteBuffer, _ trailers: HTTPFields?, _ context: ChannelHandlerContext) {
        if address.isEmpty { address = context.channel.remoteAddress?.ipAddress ?? "" }
        let began = ContinuousClock.now
        state = .answering(since: began)
        let loop = context.eventLoop
        let here = NIOLoopBound((self, context), eventLoop: loop)
        let caller = setup.trustedProxies.isEmpty ? address : GateLane.caller(head.headerFields, address, setup.trustedProxies)
        let isTaken =
            !setup.blocks.isBlocked(caller) && !setup.blocks.isSuspect(caller)
            && setup.gates.answerAtOnce(head, Array(body.readableBytesView), address: caller) { reply in
                loop.execute {
                    let (lane, context) = here.value
                    let reply = reply()
                    if reply.head.status == .unauthorized { lane.setup.blocks.suspect(caller) }
                    lane.finish(reply, context)
                }
            }
        guard !isTaken else { return }
        state = .passing
        pass(.head(head), context)
        if body.readableBytes > 0 { pass(.body(body), context) }
        pass(.end(trailers), context)
        context.fireChannelReadComplete()
        hasPassed = false
    }

    private func finish(_ reply: GateReply, _ context: ChannelHandlerContext) {
        if case .answering(let began) = state {
            setup.metrics.note(route: "/gate/v1/passes", status: reply.head.status.code, seconds: (ContinuousClock.now - began) / .seconds(1))
        }
        state = .passing
        guard context.channel.isActive else { return }
        var head = reply.head
        head.headerFields[.contentLength] = String(reply.body.count)
        head.headerFields[.date] = setup.date.text(at: setup.clock.now)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(context.channel.allocator.buffer(bytes: reply.body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        resume(context)
    }

    /// Takes up what came meanwhile, as far as the next request that is to be answered here.
    private func resume(_ context: ChannelHandlerContext) {
        var next = 0
        while next < held.count {
            if case .answering = state { break }
            switch held[next] {
            case .part(let part): take(part, context)
            case .event(let event): context.fireUserInboundEventTriggered(event)
            }
            next += 1
        }
        held.removeFirst(min(next, held.count))
        channelReadComplete(context: context)
        if wantsRead, held.count < GateLane.mostHeld {
            wantsRead = false
            read(context: context)
        }
    }

    // MARK: Out

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) { outstanding -= 1 }
        context.write(data, promise: promise)
    }

    /// The last address that a trusted proxy names, else the connection's.
    static func caller(_ headers: HTTPFields, _ address: String, _ trustedProxies: Set<String>) -> String {
        guard trustedProxies.contains(address), let chain = headers[forwardedFor], let last = chain.split(separator: ",").last else { return address }
        return last.trimmingCharacters(in: .whitespaces)
    }
}

/// The `Date` of answers, made once a second.
final class HTTPDate: Sendable {
    private let kept = Mutex<(second: Int64, text: String)>((-1, ""))

    func text(at now: Moment) -> String {
        let second = now.milliseconds / 1000
        return kept.withLock { kept in
            if kept.second != second { kept = (second, HTTPDate.format(second)) }
            return kept.text
        }
    }

    /// `Sun, 06 Nov 1994 08:49:37 GMT`
    static func format(_ second: Int64) -> String {
        var seconds = time_t(second)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return
            "\(days[Int(parts.tm_wday)]), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon)]) \(1900 + parts.tm_year) \(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) GMT"
    }
}
