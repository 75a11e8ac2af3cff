import Kernel
import Storage

/// D0.3.4 可用性: how much of the time somebody answered, how long it went well and how long it took to come back, out of what each five minutes say.
package struct Availability: Sendable, Equatable {
    package struct Outage: Sendable, Equatable {
        var from: Moment
        var until: Moment
        package var minutes: Double { until.seconds(since: from) / 60 }
    }

    /// From the first word to the last whole five minutes.
    package var hours = 0.0
    /// Per cent.
    package var percent: Double?
    package var outages: [Outage] = []

    /// 平均无故障时间, in hours; nil where nothing failed.
    package var hoursBetween: Double? { outages.isEmpty ? nil : max(0, hours - outages.reduce(0) { $0 + $1.minutes } / 60) / Double(outages.count) }
    /// 平均修复时间, in hours.
    package var hoursToRepair: Double? { outages.isEmpty ? nil : outages.reduce(0) { $0 + $1.minutes } / 60 / Double(outages.count) }

    /// Five minutes in which the platform was there less than two count as an outage. The first and the running ones say nothing.
    ///
    /// - Parameter present: milliseconds by slot.
    package init(_ present: [Int64: Double], until last: Int64) {
        guard let first = present.keys.min(), last > first + 1 else { return }
        let slots = (first + 1)..<last
        hours = Double(slots.count) / 12
        var sum = 0.0
        for slot in slots {
            let share = present[slot] ?? 0
            sum += share
            guard share < 120_000 else { continue }
            let (from, until) = (ServiceBook.begin(ofSlot: slot), ServiceBook.begin(ofSlot: slot + 1))
            if let end = outages.indices.last, outages[end].until == from { outages[end].until = until } else { outages.append(Outage(from: from, until: until)) }
        }
        // A minute's word may fall to the neighbouring five: together they cannot be more than all.
        percent = min(100, sum * 100 / Double(slots.count) / Double(ServiceBook.slotMilliseconds))
    }
}
