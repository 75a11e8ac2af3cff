import Alarms
import Identity
import Kernel
import Schedules
import Storage

/// Judges what was measured against the limits every five minutes: two times in a row over is an alarm, which ends when it is over. Sums days and forgets what is old.
package struct ServiceWatch: Sendable {
    let platform: Platform

    package init(platform: Platform) { self.platform = platform }

    static let kind = AlarmKind("serviceSlow", "服务时延超标", "Service too slow", grade: .ordinary, mergeWindow: 86_400, closesItself: true)
    private static let person = Principal.system("服务质量监测")
    /// Fewer than these in five minutes say nothing.
    static let fewest = 5

    var jobs: [JobDeclaration] {
        [
            JobDeclaration("serviceWatch", "服务时延判定", every: 300) { context in
                let (raised, cleared) = try await judge()
                if raised + cleared > 0 { context.note("报警 \(raised) 项，恢复 \(cleared) 项") }
            },
            JobDeclaration("serviceDays", "服务质量日汇总", every: 3600) { context in
                let today = platform.clock.today
                let removed = try await platform.database.write { [book = platform.services] tx in
                    for day in [today.adding(days: -1), today] { try book.rollUp(day, in: tx) }
                    return try book.forget(in: tx)
                }
                if removed > 0 { context.note("清理 \(removed) 条") }
            },
        ]
    }

    package func judge() async throws -> (raised: Int, cleared: Int) {
        let last = ServiceBook.slot(platform.clock.now)
        return try await platform.database.write { tx in
            let limits = try ServiceBook.limits(tx)
            let sums = try ServiceBook.sums(from: last - 2, until: last, by: { $0 }, tx)
            let troubles = ServiceKind.allCases.compactMap { kind -> StandingAlarms.Trouble? in
                guard let limit = limits[kind] else { return nil }
                let faults = [last - 2, last - 1].map { slot -> String? in
                    guard let tally = sums[slot]?[kind.rawValue], tally.count >= Self.fewest else { return nil }
                    return limit.fault(of: tally)
                }
                guard faults[0] != nil, let fault = faults[1] else { return nil }
                return StandingAlarms.Trouble(kind: Self.kind, subject: kind.title, text: "连续十分钟不达标，最近五分钟\(fault)")
            }
            return try StandingAlarms(platform: platform, kinds: [Self.kind], person: Self.person).settle(troubles, in: tx)
        }
    }
}
