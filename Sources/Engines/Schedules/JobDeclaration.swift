import Kernel
import Logging

/// Work that comes back: when, and what.
package struct JobDeclaration: Sendable {
    package enum Rhythm: Sendable, Equatable {
        /// At every multiple of so many seconds since 1970; once at the first start.
        case every(seconds: Int64)
        /// Once a business day at this minute in Asia/Shanghai, 0...1439.
        case daily(minute: Int)
    }

    /// Stable, such as `mobileSources.transmissionRate`.
    package let name: String
    /// Chinese, for the operators' page.
    package let title: String
    package let rhythm: Rhythm
    let run: @Sendable (JobContext) async throws -> Void

    package init(_ name: String, _ title: String, every seconds: Int64, run: @escaping @Sendable (JobContext) async throws -> Void) {
        precondition(seconds > 0, "job \(name) needs at least a second between runs")
        self.name = name
        self.title = title
        rhythm = .every(seconds: seconds)
        self.run = run
    }

    package init(_ name: String, _ title: String, dailyAt minute: Int, run: @escaping @Sendable (JobContext) async throws -> Void) {
        precondition((0..<1440).contains(minute), "job \(name) has no such minute of the day: \(minute)")
        self.name = name
        self.title = title
        rhythm = .daily(minute: minute)
        self.run = run
    }
}

extension JobDeclaration.Rhythm {
    /// The last moment, at or before `now`, at which the job is due.
    package func latestDue(at now: Moment) -> Moment {
        switch self {
        case .every(let seconds):
            let slot = seconds * 1000
            return Moment(milliseconds: now.milliseconds / slot * slot)
        case .daily(let minute):
            let today = now.day.start.adding(seconds: Int64(minute) * 60)
            return today <= now ? today : now.day.adding(days: -1).start.adding(seconds: Int64(minute) * 60)
        }
    }

    /// The first moment after `now` at which the job is due, for the operators' page.
    package func nextDue(after now: Moment) -> Moment {
        switch self {
        case .every(let seconds): latestDue(at: now).adding(seconds: seconds)
        case .daily(let minute): latestDue(at: now).day.adding(days: 1).start.adding(seconds: Int64(minute) * 60)
        }
    }
}

/// What a running job is handed.
package struct JobContext: Sendable {
    /// The run's row in `job_runs`.
    package let run: Int64
    /// The moment this run stands for: after an outage the last one missed, so that yesterday's report stays yesterday's.
    package let dueAt: Moment
    package let clock: Clock
    package let logger: Logger
    let notes: JobNotes

    /// Adds a sentence an operator sees in the history, such as how many rows were removed.
    package func note(_ text: String) { notes.add(text) }
}
