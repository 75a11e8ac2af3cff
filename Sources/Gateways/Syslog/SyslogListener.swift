import Kernel
import Logging
import Logs
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// Where syslog is listened for.
package struct SyslogDoor: Sendable, Equatable {
    package var way: LogWay
    package var host: String
    package var port: Int

    package init(way: LogWay, host: String, port: Int) {
        self.way = way
        self.host = host
        self.port = port
    }

    package var title: String { "\(way.title) \(host):\(port)" }
}

/// Listens for syslog over UDP (RFC 5426), TCP (RFC 6587) and TLS (RFC 5425), and hands lines to the intake. Everything is bounded: connections, the length of a line, how long a silent connection stays.
package struct SyslogListener: Sendable {
    let doors: [SyslogDoor]
    let intake: LogIntake
    let clock: Clock
    let logger: Logger
    /// The context of this moment: certificates are renewed while the program runs.
    let tls: (@Sendable () -> NIOSSLContext)?

    static let mostConnections = 256
    static let silence = TimeAmount.minutes(30)

    package init(_ doors: [SyslogDoor], intake: LogIntake, clock: Clock, logger: Logger, tls: (@Sendable () -> NIOSSLContext)? = nil) {
        self.doors = doors
        self.intake = intake
        self.clock = clock
        self.logger = logger
        self.tls = tls
    }

    /// Until the task is cancelled. A door that cannot be opened is told on its page and in the log; the others stay open.
    package func run() async throws {
        var open: [any Channel] = []
        for door in doors {
            do {
                open.append(try await bind(door))
                intake.opened(LogCollector(title: door.title, way: door.way, since: clock.now))
            } catch {
                let fault = (error as? Failure)?.message ?? "\(error)"
                intake.opened(LogCollector(title: door.title, way: door.way, since: clock.now, fault: "无法监听：\(String(fault.prefix(160)))"))
                logger.error("syslog cannot listen", metadata: ["door": "\(door.title)", "error": "\(error)"])
            }
        }
        do { while true { try await Task.sleep(for: .seconds(3600)) } } catch {}
        for channel in open { channel.close(promise: nil) }
    }

    private func bind(_ door: SyslogDoor) async throws -> any Channel {
        if door.way == .udp { return try await bindDatagrams(door) }
        if door.way == .tls, tls == nil { throw Failure(.unavailable, "JW-SL02", "没有 TLS 证书（--tls-certificate、--tls-key）") }
        let (intake, clock, tls) = (intake, clock, door.way == .tls ? tls : nil)
        let connections = Connected()
        return try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton).serverChannelOption(.backlog, value: 128)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard connections.enter(most: Self.mostConnections) else {
                        intake.turnedAway(by: door.title)
                        throw Failure(.unavailable, "JW-SL03", "连接过多")
                    }
                    channel.closeFuture.whenComplete { _ in connections.leave() }
                    if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls())) }
                    try channel.pipeline.syncOperations.addHandler(IdleStateHandler(readTimeout: Self.silence))
                    try channel.pipeline.syncOperations.addHandler(SyslogStream(door, intake, clock))
                }
            }.bind(host: door.host, port: door.port).get()
    }

    private func bindDatagrams(_ door: SyslogDoor) async throws -> any Channel {
        let (intake, clock) = (intake, clock)
        return try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.socketOption(.so_rcvbuf), value: 4 << 20)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 65_536))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(SyslogDatagrams(door, intake, clock)) }
            }.bind(host: door.host, port: door.port).get()
    }
}

/// Connections of one door.
private final class Connected: Sendable {
    private let count = Mutex(0)

    func enter(most: Int) -> Bool {
        count.withLock { count in
            guard count < most else { return false }
            count += 1
            return true
        }
    }

    func leave() { count.withLock { $0 -= 1 } }
}

extension SocketAddress {
    /// An IPv4 address in IPv6 clothes is shown as the IPv4 address.
    fileprivate var sender: String {
        let text = ipAddress ?? ""
        return text.hasPrefix("::ffff:") && text.contains(".") ? String(text.dropFirst(7)) : text
    }
}

/// Lines of one connection. Lives on its channel's event loop.
private final class SyslogStream: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let door: SyslogDoor
    private let intake: LogIntake
    private let clock: Clock
    private var framing = SyslogFraming(limit: LogIntake.longestLine)
    private var address = ""

    init(_ door: SyslogDoor, _ intake: LogIntake, _ clock: Clock) {
        self.door = door
        self.intake = intake
        self.clock = clock
    }

    func channelActive(context: ChannelHandlerContext) {
        address = context.remoteAddress?.sender ?? ""
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if address.isEmpty { address = context.remoteAddress?.sender ?? "" }
        offer(framing.receive(unwrapInboundIn(data).readableBytesView))
        guard intake.isNearlyFull else { return }
        // The sender waits in its own buffers until the database has caught up.
        let (channel, intake) = (context.channel, intake)
        channel.setOption(.autoRead, value: false).whenSuccess { Self.resume(channel, intake) }
    }

    private static func resume(_ channel: any Channel, _ intake: LogIntake) {
        channel.eventLoop.scheduleTask(in: .milliseconds(50)) {
            guard channel.isActive else { return }
            if intake.isNearlyFull { resume(channel, intake) } else { channel.setOption(.autoRead, value: true).whenComplete { _ in } }
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent { context.close(promise: nil) } else { context.fireUserInboundEventTriggered(event) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if let last = framing.finish() { offer([last]) }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func offer(_ frames: [SyslogFraming.Frame]) {
        guard !frames.isEmpty else { return }
        let now = clock.now
        intake.offer(frames.map { LogArrival(address: address, bytes: $0.bytes, way: door.way, at: now, isCut: $0.isCut) }, collector: door.title)
    }
}

/// One datagram is one line.
private final class SyslogDatagrams: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let door: SyslogDoor
    private let intake: LogIntake
    private let clock: Clock
    private var waiting: [LogArrival] = []

    init(_ door: SyslogDoor, _ intake: LogIntake, _ clock: Clock) {
        self.door = door
        self.intake = intake
        self.clock = clock
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        var bytes = Array(envelope.data.readableBytesView.prefix(LogIntake.longestLine))
        while let last = bytes.last, last == 10 || last == 13 || last == 0 { bytes.removeLast() }
        guard !bytes.isEmpty else { return }
        let isCut = envelope.data.readableBytes > LogIntake.longestLine
        waiting.append(LogArrival(address: envelope.remoteAddress.sender, bytes: bytes, way: .udp, at: clock.now, isCut: isCut))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        intake.offer(waiting, collector: door.title)
        waiting.removeAll(keepingCapacity: true)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // One datagram that could not be read is lost; the door stays open.
    }
}
