import Dispatch
import Foundation
import Kernel

/// Drives prepared HTTP/1.1 requests over kept-alive connections from one thread, so that the client costs little of the two cores it shares with the server.
///
/// Each lane is one connection that sends its requests in order. Closed loop: the next request goes out when the last one is answered. Open loop: requests go out by the clock,
/// and the time of an answer counts from when its request was due, so that a server that stalls cannot hide it.
struct LoadGenerator {
    /// Connections are spread over them in turn.
    let ports: [Int]
    /// Counted in the bodies of answers, to know what the server says it did.
    let needle: [UInt8]

    /// Nanoseconds without any answer after which the server is given up. Programs whose threads fight for a lock answer nobody for seconds, and then everybody.
    private static let patience: UInt64 = 30_000_000_000

    struct Outcome {
        var answers = 0
        var refused = 0
        var needles = 0
        var seconds = 0.0
        /// Microseconds, unsorted.
        var latencies: [UInt32] = []
        var firstRefusal: String?
        var answersByLane: [Int] = []

        func percentile(_ share: Double) -> Double {
            guard !latencies.isEmpty else { return 0 }
            let sorted = latencies.sorted()
            return Double(sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]) / 1000
        }
    }

    /// - Parameter limit: seconds after which nothing more is sent.
    func closedLoop(_ lanes: [[[UInt8]]], limit: Double) throws -> Outcome { try run(lanes, perSecond: nil, limit: limit) }

    func openLoop(_ lanes: [[[UInt8]]], perSecond: Double) throws -> Outcome { try run(lanes, perSecond: perSecond, limit: .infinity) }

    init(ports: [Int], needle: [UInt8]) {
        self.ports = ports
        self.needle = needle
    }

    init(port: Int, needle: [UInt8]) { self.init(ports: [port], needle: needle) }

    private func run(_ requests: [[[UInt8]]], perSecond: Double?, limit: Double) throws -> Outcome {
        var lanes = try requests.enumerated().map { LoadLane(try LoadSocket(port: ports[$0 % ports.count]), $1) }
        var polled = lanes.map { pollfd(fd: $0.socket.descriptor, events: Int16(POLLIN), revents: 0) }
        var outcome = Outcome()
        let total = requests.reduce(0) { $0 + $1.count }
        outcome.latencies.reserveCapacity(total)
        outcome.answersByLane = Array(repeating: 0, count: lanes.count)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
        defer { buffer.deallocate() }
        let start = uptime()
        let deadline = limit.isFinite ? start + UInt64(limit * 1e9) : UInt64.max
        var issued = 0
        var next = 0
        var lastAnswer = start
        if perSecond == nil {
            for index in lanes.indices where lanes[index].hasNext {
                try lanes[index].send(due: uptime())
                issued += 1
            }
        }
        while outcome.answers < total {
            let now = uptime()
            if let perSecond {
                let due = min(total, Int(Double(now - start) / 1e9 * perSecond) + 1)
                while issued < due {
                    var tried = 0
                    while tried < lanes.count, lanes[next].isBusy || !lanes[next].hasNext {
                        next = (next + 1) % lanes.count
                        tried += 1
                    }
                    guard tried < lanes.count else { break }
                    try lanes[next].send(due: start + UInt64(Double(issued) / perSecond * 1e9))
                    issued += 1
                }
            } else if issued == outcome.answers {
                break
            }
            for index in lanes.indices { polled[index].events = Int16(lanes[index].isSending ? POLLIN | POLLOUT : POLLIN) }
            let ready = poll(&polled, nfds_t(polled.count), perSecond == nil ? 2000 : 0)
            if ready == 0 {
                if perSecond != nil {
                    usleep(60)
                } else if uptime() - lastAnswer > LoadGenerator.patience {
                    throw Failure(.unavailable, "JW-B001", "服务器在 \(LoadGenerator.patience / 1_000_000_000) 秒内没有应答")
                }
                continue
            }
            for index in lanes.indices where polled[index].revents != 0 {
                if polled[index].revents & Int16(POLLOUT) != 0 { try lanes[index].continueSending() }
                guard polled[index].revents & Int16(POLLIN | POLLHUP | POLLERR) != 0 else { continue }
                // A server may close a connection that has nothing more to say.
                guard lanes[index].isBusy else {
                    polled[index].fd = -1
                    continue
                }
                guard try lanes[index].receive(buffer) else { continue }
                let at = uptime()
                lastAnswer = at
                outcome.answers += 1
                outcome.answersByLane[index] += 1
                outcome.latencies.append(UInt32(min(UInt64(UInt32.max), (at - min(at, lanes[index].due)) / 1000)))
                judge(lanes[index], &outcome)
                lanes[index].clear()
                if perSecond == nil, lanes[index].hasNext, at < deadline {
                    try lanes[index].send(due: at)
                    issued += 1
                }
            }
        }
        outcome.seconds = Double(uptime() - start) / 1e9
        return outcome
    }

    private func judge(_ lane: LoadLane, _ outcome: inout Outcome) {
        if lane.status != 200 {
            outcome.refused += 1
            if outcome.firstRefusal == nil { outcome.firstRefusal = "\(lane.status) " + String(decoding: lane.body.prefix(400), as: UTF8.self) }
        }
        outcome.needles += LoadGenerator.occurrences(of: needle, in: lane.body)
    }

    static func occurrences(of needle: [UInt8], in text: ArraySlice<UInt8>) -> Int {
        guard let first = needle.first, text.count >= needle.count else { return 0 }
        var found = 0
        text.withUnsafeBufferPointer { text in
            var at = 0
            let last = text.count - needle.count
            while at <= last {
                if text[at] == first, (1..<needle.count).allSatisfy({ text[at + $0] == needle[$0] }) {
                    found += 1
                    at += needle.count
                } else {
                    at += 1
                }
            }
        }
        return found
    }
}

/// Nanoseconds of the machine's steady clock.
func uptime() -> UInt64 {
    DispatchTime.now().uptimeNanoseconds
}

/// One connection to this machine; closed with its last reference.
final class LoadSocket {
    let descriptor: Int32

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) } }
        guard result == 0 else {
            close(descriptor)
            throw Failure(.unavailable, "JW-B002", "无法连接 127.0.0.1:\(port)")
        }
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL, 0) | O_NONBLOCK)
    }

    deinit { close(descriptor) }
}

/// One connection's requests and the answer that is being read.
struct LoadLane {
    let socket: LoadSocket
    private let requests: [[UInt8]]
    private var at = 0
    private var sent = 0
    private var received: [UInt8] = []
    private var bodyStart = 0
    private var length: Int?
    private(set) var status = 0
    private(set) var due: UInt64 = 0
    private(set) var isBusy = false

    init(_ socket: LoadSocket, _ requests: [[UInt8]]) {
        self.socket = socket
        self.requests = requests
    }

    var hasNext: Bool { at < requests.count }
    var isSending: Bool { isBusy && sent < requests[at - 1].count }
    var body: ArraySlice<UInt8> { received[bodyStart...] }

    mutating func send(due: UInt64) throws {
        self.due = due
        isBusy = true
        sent = 0
        at += 1
        try continueSending()
    }

    mutating func continueSending() throws {
        guard isBusy else { return }
        let request = requests[at - 1]
        while sent < request.count {
            let count = request.withUnsafeBytes { Glibc.send(socket.descriptor, $0.baseAddress?.advanced(by: sent), $0.count - sent, Int32(MSG_NOSIGNAL)) }
            if count < 0 {
                if errno == EAGAIN { return }
                throw Failure(.unavailable, "JW-B003", "发送失败：\(String(cString: strerror(errno)))")
            }
            sent += count
        }
    }

    /// - Returns: true when the answer is complete.
    mutating func receive(_ buffer: UnsafeMutableRawBufferPointer) throws -> Bool {
        while true {
            let count = recv(socket.descriptor, buffer.baseAddress, buffer.count, 0)
            if count < 0, errno == EAGAIN { return false }
            guard count > 0 else { throw Failure(.unavailable, "JW-B004", "服务器断开了连接：\(String(decoding: received.prefix(300), as: UTF8.self))") }
            received.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[0..<count]))
            if length == nil { readHead() }
            if let length, received.count - bodyStart >= length { return true }
            if count < buffer.count { return false }
        }
    }

    mutating func clear() {
        received.removeAll(keepingCapacity: true)
        length = nil
        isBusy = false
    }

    private mutating func readHead() {
        guard received.count > 16 else { return }
        let end = received.withUnsafeBufferPointer { bytes -> Int? in
            var index = 0
            while index + 3 < bytes.count {
                if bytes[index] == 13, bytes[index + 1] == 10, bytes[index + 2] == 13, bytes[index + 3] == 10 { return index + 4 }
                index += 1
            }
            return nil
        }
        guard let end else { return }
        bodyStart = end
        status = received[9..<12].reduce(0) { $0 * 10 + Int($1) - 48 }
        length = LoadLane.contentLength(received[..<end])
    }

    private static let name: [UInt8] = Array("content-length:".utf8)

    private static func contentLength(_ head: ArraySlice<UInt8>) -> Int {
        head.withUnsafeBufferPointer { head in
            var at = 0
            while at + name.count < head.count {
                if head[at] == 10, (0..<name.count).allSatisfy({ at + 1 + $0 < head.count && head[at + 1 + $0] | 0x20 == name[$0] | 0x20 }) {
                    var value = 0
                    var index = at + 1 + name.count
                    while index < head.count, head[index] != 13 {
                        if head[index] >= 48, head[index] <= 57 { value = value * 10 + Int(head[index]) - 48 }
                        index += 1
                    }
                    return value
                }
                at += 1
            }
            return 0
        }
    }
}

extension LoadGenerator {
    /// One request, one answer.
    static func ask(port: Int, _ request: [UInt8]) throws -> (status: Int, body: [UInt8]) {
        var lane = LoadLane(try LoadSocket(port: port), [request])
        var polled = pollfd(fd: lane.socket.descriptor, events: Int16(POLLIN), revents: 0)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
        defer { buffer.deallocate() }
        try lane.send(due: uptime())
        for _ in 0..<20 {
            _ = poll(&polled, 1, 500)
            if try lane.receive(buffer) { return (lane.status, Array(lane.body)) }
            try lane.continueSending()
        }
        throw Failure(.unavailable, "JW-B001", "服务器没有应答")
    }

    static func get(_ path: String, token: String? = nil) -> [UInt8] {
        Array("GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n\(token.map { "Authorization: Bearer \($0)\r\n" } ?? "")\r\n".utf8)
    }
}
