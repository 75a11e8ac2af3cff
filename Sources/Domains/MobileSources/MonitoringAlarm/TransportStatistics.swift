import Identity
import Kernel
import Storage

/// A-05 数据统计汇总: trips, tonnes and vehicles by any combination of county, industry, enterprise, time, stage, fuel and strategy, from the roll-ups.
///
/// Source: requirements/A-mobile-sources.md.
package struct TransportStatistics: Sendable {
    let database: any Database
    let clock: Clock
}
