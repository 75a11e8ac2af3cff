import Identity
import Kernel
import Logging
import Messages

/// Sends codes for signing in, one after the other, outside the request that asked: how long it takes says nothing about an account. A code that could not be sent is asked for again by who waits for it.
struct CodeMessages: Sendable {
    private let stream: AsyncStream<(phone: String, text: String)>
    private let channel: MessageChannel
    private let clock: Clock
    private let logger: Logger

    /// Nil where the installation has no way for short messages.
    init?(_ codes: CodeSignIn, channels: [MessageChannel], clock: Clock, logger: Logger) {
        guard let channel = channels.first(where: { $0.name == "sms" }) else { return nil }
        let (stream, continuation) = AsyncStream.makeStream(of: (phone: String, text: String).self, bufferingPolicy: .bufferingNewest(1_000))
        self.stream = stream
        self.channel = channel
        self.clock = clock
        self.logger = logger
        codes.send { phone, text in continuation.yield((phone: phone, text: text)) }
    }

    /// Ends with its task.
    func run() async {
        var number = 0
        for await (phone, text) in stream {
            number += 1
            let now = clock.now
            do {
                _ = try await channel.send(OutgoingMessage(key: "login-\(now.milliseconds)-\(number)", address: phone, title: "登录验证码", text: text, at: now))
            } catch {
                logger.warning("a sign-in code was not sent", metadata: ["error": "\(error)"])
            }
        }
    }
}
