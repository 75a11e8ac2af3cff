import Features
import Kernel
import Schedules
import Storage

/// D0.3.1 动态: how long passes are under way, from the gate's clock to the platform's, told to the figures of service quality every minute.
struct PassDelays: Sendable {
    let platform: Platform
    /// Of a busy minute a sample is enough.
    private static let sample = 2000
    /// What comes later was kept by the gate while the line was down.
    private static let backlogSeconds: Int64 = 600

    var job: JobDeclaration {
        JobDeclaration("passDelays", "过车传输时延采样", every: 60) { _ in
            let minute = Moment(milliseconds: platform.clock.now.milliseconds / 60_000 * 60_000)
            let delays = try await platform.database.read { reader in
                try reader.rows(
                    """
                    SELECT received_at - passed_at AS delay FROM gate_pass WHERE passed_at >= \(minute.adding(seconds: -60 - Self.backlogSeconds)) AND passed_at < \(minute)
                    AND received_at >= \(minute.adding(seconds: -60)) AND received_at < \(minute) AND source = 'auto' ORDER BY passed_at DESC LIMIT \(Self.sample)
                    """
                ).compactMap { $0.int("delay") }
            }
            for delay in delays { platform.services.meter.note(ServiceKind.dynamicTransfer.rawValue, milliseconds: Double(delay)) }
        }
    }
}
