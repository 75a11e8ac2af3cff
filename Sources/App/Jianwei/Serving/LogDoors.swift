import ArgumentParser
import Features
import Kernel
import Logging
import Logs
import NIOSSL
import Schedules
import ServiceLifecycle
import Syslog

/// The doors for logs of other machines that the command line opens, and the writer behind them.
struct LogDoors: Sendable {
    let doors: [SyslogDoor]

    /// - Throws: `ValidationError` where an address is none.
    init(udp: String?, tcp: String?, tls: String?) throws {
        doors = try [(LogWay.udp, udp), (.tcp, tcp), (.tls, tls)].compactMap { way, text in
            guard let text else { return nil }
            let address = try ListenAddress(text)
            return SyslogDoor(way: way, host: address.host, port: address.port)
        }
    }

    func services(_ installation: Installation, tls: TLSFiles?, logger: Logger) -> [any Service] {
        guard !doors.isEmpty else { return [] }
        let logs = installation.platform.logs
        let context: (@Sendable () -> NIOSSLContext)? = tls.map { files in { @Sendable in files.current } }
        let listener = SyslogListener(doors, intake: logs.intake, clock: installation.platform.clock, logger: logger, tls: context)
        let failed: @Sendable (any Error) -> Void = { error in logger.warning("logs could not be written", metadata: ["error": "\(error)"]) }
        return [Running { try await listener.run() }, Running { try await logs.run(.system, failed: failed) }]
    }
}
