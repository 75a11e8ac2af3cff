import Foundation
import Glibc

/// Gives back what an idle server does not use: pages of code that ran once.
///
/// They are clean copies of files, so the kernel may drop them at any time; those that are used again come back from its cache at the first touch, some hundred microseconds for all
/// of them. A server that works is left alone.
struct IdleMemory: Sendable {
    /// When the services have begun their rounds.
    private static let first = Duration.seconds(2)
    private static let pause = Duration.seconds(30)
    /// Seconds of CPU in a pause up to which the process counts as idle.
    private static let idleSeconds = 0.5

    /// Until its task is cancelled.
    func run() async {
        try? await Task.sleep(for: IdleMemory.first)
        IdleMemory.release()
        var spent = IdleMemory.cpuSeconds
        while !Task.isCancelled {
            try? await Task.sleep(for: IdleMemory.pause)
            let now = IdleMemory.cpuSeconds
            if now - spent < IdleMemory.idleSeconds { IdleMemory.release() }
            spent = IdleMemory.cpuSeconds
        }
    }

    /// Also once when everything is made and before the first request is answered.
    static func release() {
        guard let maps = try? String(contentsOfFile: "/proc/self/maps", encoding: .utf8) else { return }
        for line in maps.split(separator: "\n") {
            let parts = line.split(separator: " ", omittingEmptySubsequences: true)
            // Only code: what is only read may hold addresses that the loader has written into it.
            guard parts.count >= 6, parts[1] == "r-xp", parts[5].hasPrefix("/") else { continue }
            let ends = parts[0].split(separator: "-").compactMap { UInt(String($0), radix: 16) }
            guard ends.count == 2, ends[0] < ends[1] else { continue }
            _ = madvise(UnsafeMutableRawPointer(bitPattern: ends[0]), Int(ends[1] - ends[0]), MADV_DONTNEED)
        }
    }

    private static var cpuSeconds: Double {
        var spent = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent)
        return Double(spent.tv_sec) + Double(spent.tv_nsec) / 1e9
    }
}
