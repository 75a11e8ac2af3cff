import Features
import Logging
import ServiceLifecycle

/// Every minute writes how long services took on this node, and that it was there.
struct ServiceLevels: Service {
    private static let seconds = 60
    let installation: Installation

    func run() async throws {
        let began = Last()
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: .seconds(Self.seconds))) != nil { await round(began) }
        }
        await round(began)
    }

    private func round(_ last: Last) async {
        do {
            try await installation.platform.services.keep(node: installation.node, present: await last.milliseconds())
        } catch {
            // The database is away: these minutes are not told, and count as missing, as they were for everybody.
            installation.logger.debug("service levels could not be kept", metadata: ["error": "\(error)"])
        }
    }
}

/// When the last word was said.
private actor Last {
    private var at = ContinuousClock.now

    /// Since the last call.
    func milliseconds() -> Int {
        let now = ContinuousClock.now
        defer { at = now }
        return Int(at.duration(to: now) / .milliseconds(1))
    }
}
