import Cryptography
import Exchange
import HTTPTypes
import Kernel

/// Passes without a task: what `GateLane` in App asks on an event loop (decision 0060).
extension GateGateway {
    /// The longest body whose passes are answered at once: a hundred or two, a few milliseconds of an event loop.
    package static let atOnceLimit = 128 << 10

    /// Whether a request may be answered by `answerAtOnce`: passes in a small body of a known length.
    package func mayAnswerAtOnce(_ head: HTTPRequest) -> Bool {
        guard head.method == .post, head.path == "/gate/v1/passes", backend.mayPassAtOnce else { return false }
        guard let length = head.headerFields[.contentLength].flatMap({ Int($0) }) else { return false }
        return length <= GateGateway.atOnceLimit
    }

    /// Passes without a task: checked, read and judged on the caller's thread, so that between socket and writer there are no hops. Every refusal is that of `respond`.
    ///
    /// - Parameter then: called once with what makes the answer, from another thread or at once.
    /// - Returns: false when something must be waited for first; nothing has happened then, and `respond` is to be asked.
    package func answerAtOnce(_ head: HTTPRequest, _ body: [UInt8], address: String, then: @escaping @Sendable (_ reply: @escaping @Sendable () -> GateReply) -> Void) -> Bool {
        let now = clock.now
        do {
            guard throttle.admits(address: address, now: now) else { return false }
            let granted = try granted(head.headerFields, address, now)
            let parsed = Result { try parse(body) }
            // Read and judged before the signature is verified, since only the reading tells whether something must be waited for; nothing comes of it until it is.
            var ready: GatePassesReady?
            if let values = try? records(parsed.get()), (try? refuseOtherEnterprise(values, granted.caller)) != nil {
                ready = backend.passesAtOnce(values, from: granted.caller)
                if ready == nil { return false }
            }
            let pass = try authenticate(head, SHA256.hash(body), granted, now)
            guard let ready else {
                clients.nonces.release(pass.nonce)
                try refuseOtherEnterprise(try records(try parsed.get()), granted.caller)
                return false
            }
            ready(claim(pass)) { [self] outcome in
                then { [self] in
                    do {
                        return GateEnvelope(try outcome()).reply(requestId: nextRequestId())
                    } catch {
                        clients.nonces.release(pass.nonce)
                        return reply(refusing: error, address)
                    }
                }
            }
        } catch {
            then { [self] in reply(refusing: error, address) }
        }
        return true
    }

    private func reply(refusing error: any Error, _ address: String) -> GateReply {
        let requestId = nextRequestId()
        return refusal(error, path: "/gate/v1/passes", requestId, address).reply(requestId: requestId)
    }
}
