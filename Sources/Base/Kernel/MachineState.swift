import Foundation

/// What the machine and this process say of themselves, from `/proc`; nil where they do not say.
package struct MachineState: Sendable {
    /// Of the last minute.
    package var load: Double?
    package var processors = ProcessInfo.processInfo.activeProcessorCount
    /// Bytes.
    package var memory: Int64?
    package var availableMemory: Int64?
    /// Bytes that this process holds.
    package var ownMemory: Int64?

    package static func read() -> MachineState {
        var state = MachineState()
        state.load = text("/proc/loadavg").split(separator: " ").first.flatMap { Double($0) }
        let machine = kilobytes("/proc/meminfo")
        state.memory = machine["MemTotal"].map { $0 << 10 }
        state.availableMemory = machine["MemAvailable"].map { $0 << 10 }
        state.ownMemory = kilobytes("/proc/self/status")["VmRSS"].map { $0 << 10 }
        return state
    }

    /// Lines such as `MemTotal:  24576 kB`.
    private static func kilobytes(_ path: String) -> [String: Int64] {
        var found: [String: Int64] = [:]
        for line in text(path).split(separator: "\n") {
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
            guard words.count >= 2, words[0].last == ":", let number = Int64(words[1]) else { continue }
            found[String(words[0].dropLast())] = number
        }
        return found
    }

    private static func text(_ path: String) -> String { FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? "" }
}
