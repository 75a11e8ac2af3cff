import Kernel
import NIOCore
import NIOPosix
import NIOSSL

/// Sends one letter over one connection, within thirty seconds.
struct SMTPClient: Sendable {
    let account: SMTPAccount

    /// - Returns: what the server said when it took the letter.
    func send(_ mail: Mail) async throws -> String {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let promise = loop.makePromise(of: String.self)
        let account = account
        do {
            let tls = account.security == .none ? nil : try Self.context(account)
            let channel = try await ClientBootstrap(group: loop).connectTimeout(.seconds(10)).channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if account.security == .tls, let tls { try channel.pipeline.syncOperations.addHandler(Self.handler(tls, account.host)) }
                    try channel.pipeline.syncOperations.addHandler(SMTPHandler(SMTPDialogue(account: account, mail: mail), tls, promise))
                }
            }.connect(host: account.host, port: account.port).get()
            loop.scheduleTask(in: .seconds(30)) {
                promise.fail(Failure(.unavailable, "JW-MS11", "邮件服务器未及时应答"))
                channel.close(promise: nil)
            }
        } catch {
            promise.fail(error)
        }
        do {
            return try await promise.futureResult.get()
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(.unavailable, "JW-MS11", "邮件服务器连接失败", cause: "\(error)")
        }
    }

    private static func context(_ account: SMTPAccount) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        if let trust = account.trust { configuration.trustRoots = .file(trust) }
        return try NIOSSLContext(configuration: configuration)
    }

    static func handler(_ context: NIOSSLContext, _ host: String) throws -> NIOSSLClientHandler {
        let isNumber = host.utf8.allSatisfy { (48...58).contains($0) || $0 == 46 } || host.contains(":")
        return try NIOSSLClientHandler(context: context, serverHostname: isNumber ? nil : host)
    }
}

/// Lines of the server to the dialogue, its actions to the socket. Lives on its channel's event loop.
final class SMTPHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var dialogue: SMTPDialogue
    private let tls: NIOSSLContext?
    private let promise: EventLoopPromise<String>
    private var kept: [UInt8] = []

    init(_ dialogue: SMTPDialogue, _ tls: NIOSSLContext?, _ promise: EventLoopPromise<String>) {
        self.dialogue = dialogue
        self.tls = tls
        self.promise = promise
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        kept += unwrapInboundIn(data).readableBytesView
        guard kept.count <= 65_536 else { return finish(context, Failure(.unavailable, "JW-MS11", "邮件服务器应答过长")) }
        while let end = kept.firstIndex(of: 10) {
            let line = String(decoding: kept[..<end].filter { $0 != 13 }, as: UTF8.self)
            kept.removeSubrange(...end)
            for action in dialogue.receive(line) { act(action, context) }
        }
    }

    private func act(_ action: SMTPDialogue.Action, _ context: ChannelHandlerContext) {
        switch action {
        case .send(let text): context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
        case .taken(let said): promise.succeed(said)
        case .refused(let said): finish(context, Failure(.unavailable, "JW-MS11", "邮件服务器未接受", cause: said))
        case .secure:
            // What came before TLS stands is nobody's word.
            kept = []
            guard let tls else { return finish(context, Failure(.unavailable, "JW-MS11", "没有 TLS")) }
            do {
                try context.pipeline.syncOperations.addHandler(SMTPClient.handler(tls, dialogue.account.host), position: .first)
            } catch { return finish(context, error) }
            for next in dialogue.secured() { act(next, context) }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { finish(context, error) }

    func channelInactive(context: ChannelHandlerContext) { promise.fail(Failure(.unavailable, "JW-MS11", "邮件服务器断开了连接")) }

    private func finish(_ context: ChannelHandlerContext, _ error: any Error) {
        promise.fail(error)
        context.close(promise: nil)
    }
}
