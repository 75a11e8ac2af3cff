import Foundation
import Kernel

/// clamd, the daemon of ClamAV, asked over its socket (`INSTREAM`): an engine with signatures, beside our own rules.
///
/// Blocking, with limits of time; a connection a file.
package struct ClamdEngine: Sendable {
    package enum Place: Sendable, Equatable {
        /// A socket of this machine.
        case path(String)
        /// IPv4 of a machine of the inner network.
        case host(String, port: Int)

        /// `/run/clamav/clamd.ctl`, `10.0.0.9:3310`.
        package init?(_ text: String) {
            if text.hasPrefix("/"), text.utf8.count < 100, !text.contains("\0") {
                self = .path(text)
                return
            }
            let parts = text.split(separator: ":")
            var address = in_addr()
            guard parts.count == 2, let port = Int(parts[1]), (1...65_535).contains(port), inet_pton(AF_INET, String(parts[0]), &address) == 1 else { return nil }
            self = .host(String(parts[0]), port: port)
        }
    }

    package enum Answer: Sendable, Equatable {
        case clean
        case found(String)
        case failed(String)
    }

    private let place: Place
    private let seconds: Int

    package init(_ place: Place, seconds: Int = 30) {
        self.place = place
        self.seconds = seconds
    }

    /// Its version and the day of its signatures; nil when it does not answer.
    package func version() -> String? {
        guard let socket = connected() else { return nil }
        defer { close(socket) }
        guard send(Array("zVERSION\0".utf8), socket) else { return nil }
        return answer(socket)
    }

    package func scan(_ bytes: [UInt8]) -> Answer {
        guard let socket = connected() else { return .failed("连接不上") }
        defer { close(socket) }
        guard send(Array("zINSTREAM\0".utf8), socket) else { return .failed("连接中断") }
        var at = 0
        while at < bytes.count {
            let end = min(bytes.count, at + (1 << 18)), count = UInt32(end - at)
            let head = [UInt8(count >> 24 & 255), UInt8(count >> 16 & 255), UInt8(count >> 8 & 255), UInt8(count & 255)]
            // An engine that has read enough answers before it has everything.
            guard send(head, socket), send(Array(bytes[at..<end]), socket) else { break }
            at = end
        }
        _ = send([0, 0, 0, 0], socket)
        guard let text = answer(socket) else { return .failed("没有应答") }
        return Self.read(text)
    }

    /// `stream: OK`, `stream: Win.Test.EICAR_HDB-1 FOUND`, `INSTREAM size limit exceeded. ERROR`.
    package static func read(_ text: String) -> Answer {
        if text.hasSuffix(" FOUND") {
            let name = text.dropLast(6).drop { $0 != ":" }.dropFirst().drop { $0 == " " }
            return .found(String(name.isEmpty ? "未命名" : name.prefix(120)))
        }
        return text.hasSuffix(": OK") ? .clean : .failed(String(text.prefix(120)))
    }

    private func connected() -> Int32? {
        let socket: Int32
        let isConnected: Bool
        switch place {
        case .path(let path):
            socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            guard socket >= 0 else { return nil }
            limit(socket)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
            isConnected = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0 }
            }
        case .host(let host, let port):
            socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            guard socket >= 0 else { return nil }
            limit(socket)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(UInt16(port).bigEndian)
            inet_pton(AF_INET, host, &address.sin_addr)
            isConnected = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 }
            }
        }
        if isConnected { return socket }
        close(socket)
        return nil
    }

    private func limit(_ socket: Int32) {
        var time = timeval(tv_sec: seconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] { setsockopt(socket, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size)) }
    }

    private func send(_ bytes: [UInt8], _ socket: Int32) -> Bool {
        var at = 0
        while at < bytes.count {
            let count = bytes[at...].withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            at += count
        }
        return true
    }

    /// Up to the zero byte.
    private func answer(_ socket: Int32) -> String? {
        var all: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1024)
        while all.count < 4096 {
            let count = recv(socket, &chunk, chunk.count, 0)
            guard count > 0 else { break }
            all += chunk[..<count]
            if all.last == 0 { break }
        }
        while all.last == 0 || all.last == 10 { all.removeLast() }
        return all.isEmpty ? nil : String(decoding: all, as: UTF8.self)
    }
}
