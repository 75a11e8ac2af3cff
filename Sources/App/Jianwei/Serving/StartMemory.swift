import Foundation

/// What only the start needed, given back: pages of code that ran once. An idle server then holds what it uses.
enum StartMemory {
    /// Once, when everything is made and before the first request is answered.
    ///
    /// Pages of code are clean copies of files, so the kernel may drop them at any time; those that are used again come back from its cache at the first touch.
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
}
