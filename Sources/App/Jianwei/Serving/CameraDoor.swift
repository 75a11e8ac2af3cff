import Kernel
import NIOCore
import NIOPosix

/// Asks a camera whether it is there: connects, says `OPTIONS` (RFC 2326 §10.1) and takes any answer of RTSP for a yes, since many cameras want an account even for that. Over TLS the connection itself is the answer. Four seconds.
enum CameraDoor {
    @Sendable
    static func ask(_ host: String, _ port: Int, _ isTLS: Bool, _ address: String) async throws {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connectTimeout(.seconds(4)).connect(host: host, port: port) { channel in
            channel.eventLoop.makeCompletedFuture { try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel) }
        }
        try await channel.executeThenClose { inbound, outbound in
            guard !isTLS else { return }
            try await outbound.write(ByteBuffer(string: "OPTIONS \(address) RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: Jianwei\r\n\r\n"))
            try await withThrowingTaskGroup(of: Bool.self) { group in
                group.addTask {
                    var text = ""
                    for try await part in inbound {
                        text += String(buffer: part)
                        if text.utf8.count >= 7 { return text.hasPrefix("RTSP/1.") }
                    }
                    return false
                }
                group.addTask {
                    try await Task.sleep(for: .seconds(4))
                    return false
                }
                let answered = try await group.next() ?? false
                group.cancelAll()
                guard answered else { throw Failure(.unavailable, "JW-V002", "摄像机没有应答") }
            }
        }
    }
}
