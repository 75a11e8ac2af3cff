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

    /// A head must come within so many seconds of the connection, or of the last answer.
    static let headSeconds: Int64 = 60

    static func builder(_ tls: TLSFiles?) -> HTTPServerBuilder { HTTPServerBuilder { responder in Connections(responder, tls) } }

    private init(_ responder: @escaping HTTPChannelHandler.Responder, _ tls: TLSFiles?) {
        http = HTTP1Channel(responder: responder, configuration: .init(additionalChannelHandlers: [SlowClients()], idleTimeout: .seconds(Self.headSeconds)))
        self.tls = tls
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        guard let tls else { return http.setup(channel: channel, logger: logger) }
        return channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls.current))
        }.flatMap { [http] in http.setup(channel: channel, logger: logger) }
    }

    func handle(value: Value, logger: Logger) async { await http.handle(value: value, logger: logger) }

    /// The visitor's certificate, verified against the authorities of `--client-ca`.
    static func peerCertificate(_ channel: any Channel) async -> [UInt8]? {
        guard let certificate = try? await channel.nioSSL_peerCertificate().get() else { return nil }
        return try? certificate.toDERBytes()
    }
}
