import NIOCore
import NIOHTTPTypes

/// Cuts off who keeps a connection and sends next to nothing: a body that comes slower than a telephone on the edge of the network, or an answer that nobody takes. Time in which the program itself does not
/// want to read is not counted.
final class SlowClients: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private static let tick = TimeAmount.seconds(5)
    /// Of a body, in each tick.
    private static let leastBytes = 1_024
    /// Ticks in a row that may stay below.
    private static let patience = 3
    /// How long an answer may stand still.
    private static let stalled = TimeAmount.seconds(60)

    private var isInBody = false
    private var received = 0
    private var misses = 0
    /// The program asked for more since something last came.
    private var isWanted = false
    private var watch: Scheduled<Void>?
    private var stall: Scheduled<Void>?

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isWanted = false
        switch unwrapInboundIn(data) {
        case .head: begin(context)
        case .body(let buffer): received += buffer.readableBytes
        case .end: end()
        }
        context.fireChannelRead(data)
    }

    func read(context: ChannelHandlerContext) {
        isWanted = true
        context.read()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        stall?.cancel()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end()
        stall?.cancel()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        stall?.cancel()
        stall = nil
        if !context.channel.isWritable { stall = context.eventLoop.assumeIsolated().scheduleTask(in: Self.stalled) { context.close(promise: nil) } }
        context.fireChannelWritabilityChanged()
    }

    private func begin(_ context: ChannelHandlerContext) {
        end()
        isInBody = true
        (received, misses) = (0, 0)
        schedule(context)
    }

    private func end() {
        isInBody = false
        watch?.cancel()
        watch = nil
    }

    private func schedule(_ context: ChannelHandlerContext) {
        watch = context.eventLoop.assumeIsolated().scheduleTask(in: Self.tick) { self.look(context) }
    }

    private func look(_ context: ChannelHandlerContext) {
        guard isInBody else { return }
        misses = received >= Self.leastBytes || !isWanted ? 0 : misses + 1
        received = 0
        if misses >= Self.patience { return context.close(promise: nil) }
        schedule(context)
    }
}
