import Foundation
import Kernel

/// A server under measurement: another process of this machine, watched through /proc.
final class BenchServer {
    let port: Int
    private let process = Process()
    /// Nodes on the same database, started and stopped with this one.
    private var nodes: [BenchServer] = []
    /// From starting the process to the first 200.
    private(set) var startSeconds = 0.0

    /// Starts a program and waits until it answers `/healthz`.
    ///
    /// - Parameter arguments: given the port.
    init(_ program: String, _ arguments: (Int) -> [String], log: String, environment: [String: String] = [:]) throws {
        port = BenchServer.freePort()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments(port)
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        let output = FileHandle(forWritingAtPath: log)
        process.standardOutput = output
        process.standardError = output
        let started = uptime()
        try process.run()
        while true {
            if let answer = try? LoadGenerator.ask(port: port, LoadGenerator.get("/healthz")), answer.status == 200 { break }
            guard process.isRunning, uptime() - started < 60_000_000_000 else {
                throw Failure(.unavailable, "JW-B005", "\(program) 没有启动，见 \(log)", cause: try? String(contentsOfFile: log, encoding: .utf8))
            }
            usleep(1000)
        }
        startSeconds = Double(uptime() - started) / 1e9
    }

    /// - Parameter profile: a file for `perf record`, under which the server then runs.
    static func jianwei(_ directory: String, logLevel: String = "warning", profile: String? = nil, more: [String] = []) throws -> BenchServer {
        let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        if let profile {
            return try BenchServer(
                "/usr/bin/perf", { ["record", "-F", "999", "-g", "-o", profile, program, "serve", "--data", directory, "--listen", "127.0.0.1:\($0)", "--log-level", logLevel] },
                log: directory + "/serve.log")
        }
        return try BenchServer(program, { ["serve", "--data", directory, "--listen", "127.0.0.1:\($0)", "--log-level", logLevel] + more }, log: directory + "/serve.log")
    }

    /// Several nodes on one database; the load goes to them in turn (`ports`).
    ///
    /// - Throws: `Failure` `.unavailable` `JW-B005` when one of them does not start.
    static func several(_ directory: String, nodes count: Int, _ place: BenchPlace) throws -> BenchServer {
        let first = try jianwei(directory)
        do {
            for number in 2...count { first.nodes.append(try jianwei(place.join(directory, node: number))) }
        } catch {
            first.stop()
            throw error
        }
        return first
    }

    /// This node's and those of the nodes beside it: connections are spread over them in turn, as a balancer would.
    var ports: [Int] { [port] + nodes.map(\.port) }

    /// CPU-seconds of the process, its children and the nodes beside it so far.
    var cpuSeconds: Double { nodes.reduce(0) { $0 + $1.cpuSeconds } + BenchServer.processes(under: process.processIdentifier).reduce(0) { $0 + BenchServer.cpu($1) } }
    /// Resident megabytes: now, and at most.
    var residentMegabytes: Double { nodes.reduce(status("VmRSS")) { $0 + $1.residentMegabytes } }
    var peakMegabytes: Double { nodes.reduce(status("VmHWM")) { $0 + $1.peakMegabytes } }
    /// Megabytes that only this process has in memory: without the pages of mapped files.
    var ownMegabytes: Double { status("RssAnon") }

    func stop() {
        defer { for node in nodes { node.stop() } }
        guard process.isRunning else { return }
        // Of a profiled server perf is the parent, and ends by itself when its child has.
        let family = BenchServer.processes(under: process.processIdentifier)
        for id in family.count > 1 && process.executableURL?.lastPathComponent == "perf" ? family.dropFirst() : family.prefix(1) { kill(id, SIGTERM) }
        // A peer may lose its own signal among its workers.
        for _ in 0..<1000 where process.isRunning { usleep(10_000) }
        if process.isRunning { for id in family { kill(id, SIGKILL) } }
        process.waitUntilExit()
    }

    private func status(_ name: String) -> Double {
        BenchServer.processes(under: process.processIdentifier).reduce(0) { sum, id in
            let text = (try? String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8)) ?? ""
            let line = text.split(separator: "\n").first { $0.hasPrefix(name + ":") }
            return sum + (line.flatMap { Double($0.filter(\.isNumber)) } ?? 0) / 1024
        }
    }

    private static func processes(under root: Int32) -> [Int32] {
        let text = (try? String(contentsOfFile: "/proc/\(root)/task/\(root)/children", encoding: .utf8)) ?? ""
        return [root] + text.split(separator: " ").compactMap { Int32($0) }.flatMap { processes(under: $0) }
    }

    static func cpu(_ id: Int32) -> Double {
        guard let text = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8), let name = text.lastIndex(of: ")") else { return 0 }
        let fields = text[name...].split(separator: " ")
        guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else { return 0 }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    private static func freePort() -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(descriptor, $0, length)
                _ = getsockname(descriptor, $0, &length)
            }
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
