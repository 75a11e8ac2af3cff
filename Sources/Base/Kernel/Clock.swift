import Foundation

/// Where engines ask for the time; tests hand in their own.
package struct Clock: Sendable {
    private let read: @Sendable () -> Moment

    package init(_ read: @escaping @Sendable () -> Moment) { self.read = read }

    package var now: Moment { read() }
    package var today: Day { read().day }

    /// The machine's clock.
    package static let system = Clock {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Moment(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// A clock that stands still.
    package static func fixed(_ moment: Moment) -> Clock { Clock { moment } }
}
