import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOSSL

/// How one connection is set up: TLS where there are files for it, then HTTP with limits in time.
struct Connections: ServerChildChannel {
    typealias Value = HTTP1Channel.Value

    private let http: HTTP1Channel
    private let tls: TLSFiles?
    private let lane: GateLane.Setup

    /// A head must come within so many seconds of the connection, or of the last answer.
    static let headSeconds: Int64 = 60

    static func builder(_ tls: TLSFiles?, _ lane: GateLane.Setup) -> HTTPServerBuilder { HTTPServerBuilder { responder in Connections(responder, tls, lane) } }

    private init(_ responder: @escaping HTTPChannelHandler.Responder, _ tls: TLSFiles?, _ lane: GateLane.Setup) {
        http = HTTP1Channel(responder: responder, configuration: .init(additionalChannelHandlers: [SlowClients()], idleTimeout: .seconds(Self.headSeconds)))
        self.tls = tls
        self.lane = lane
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        guard let tls else { return requests(channel, logger) }
        return channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls.current))
        }.flatMap { requests(channel, logger) }
    }

    /// The short way of passes stands behind what watches a connection's idle time and its end, so that these see its requests and answers, too.
    private func requests(_ channel: any Channel, _ logger: Logger) -> EventLoopFuture<Value> {
        http.setup(channel: channel, logger: logger).flatMapThrowing { [lane] value in
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(GateLane(lane), position: .after(pipeline.handler(type: HTTPConnectionStateHandler.self)))
            return value
        }
    }

    func handle(value: Value, logger: Logger) async { await http.handle(value: value, logger: logger) }

    /// The visitor's certificate, verified against the authorities of `--client-ca`.
    static func peerCertificate(_ channel: any Channel) async -> [UInt8]? {
        guard let certificate = try? await channel.nioSSL_peerCertificate().get() else { return nil }
        return try? certificate.toDERBytes()
    }
}
