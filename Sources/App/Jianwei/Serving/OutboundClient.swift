import AsyncHTTPClient
import Foundation
import Identity
import Kernel
import NIOCore
import NIOHTTP1
import NIOPosix

/// Calls addresses that people gave the program: the name is looked up here, every address it has is asked of the `OutboundRule`, and the connection goes to the very address that was asked,
/// so that a name which answers differently the second time leads nowhere else. No redirects, ten seconds, 256 KiB.
struct OutboundClient: Sendable {
    let identity: IdentityEngine

    /// - Throws: `.unavailable` `JW-I081`; the cause is for the log.
    func call(_ url: String, _ headers: [(String, String)], _ form: String?) async throws -> (status: Int, body: [UInt8]) {
        try await exchange(url, headers, form.map { ByteBuffer(string: $0) })
    }

    /// POST of bytes under the same rule.
    func send(_ url: String, _ headers: [(String, String)], _ body: [UInt8]) async throws -> (status: Int, body: [UInt8]) {
        try await exchange(url, headers, ByteBuffer(bytes: body))
    }

    private func exchange(_ url: String, _ headers: [(String, String)], _ content: ByteBuffer?) async throws -> (status: Int, body: [UInt8]) {
        guard url.utf8.count <= 2_000, let parts = URLComponents(string: url), let scheme = parts.scheme, scheme == "https" || scheme == "http", let written = parts.host,
            !written.isEmpty,
            parts.user == nil, parts.password == nil
        else { throw Self.refused("not an address to call: \(url.prefix(200))") }
        let host = written.hasPrefix("[") ? String(written.dropFirst().dropLast()) : written
        let rule = OutboundRule(allowed: identity.policies.current.outboundNetworks)
        let addresses = try await NIOThreadPool.singleton.runIfActive { try Self.addresses(of: host) }
        guard let first = addresses.first, addresses.allSatisfy({ rule.admits($0, isPlain: scheme == "http") }) else {
            throw Self.refused("\(host) is \(addresses.joined(separator: ", ")), which the rule does not admit")
        }
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout = .init(connect: .seconds(5), read: .seconds(10))
        if host != first { configuration.dnsOverride = [host: first] }
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let answer = await Result { try await Self.ask(client, url, headers, content) }
        try await client.shutdown()
        do {
            return try answer.get()
        } catch let error where !(error is CancellationError) {
            throw Self.refused("\(error)")
        }
    }

    private static func ask(_ client: HTTPClient, _ url: String, _ headers: [(String, String)], _ content: ByteBuffer?) async throws -> (status: Int, body: [UInt8]) {
        var request = HTTPClientRequest(url: url)
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let content {
            request.method = .POST
            request.body = .bytes(content)
        }
        let answer = try await client.execute(request, timeout: .seconds(10))
        let bytes = try await answer.body.collect(upTo: 262_144)
        return (Int(answer.status.code), Array(bytes.readableBytesView))
    }

    /// Every address of a name, numeric.
    private static func addresses(of host: String) throws -> [String] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0 else { throw refused("no address of \(host)") }
        defer { freeaddrinfo(list) }
        var found: [String] = []
        var next = list
        while let one = next {
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            if getnameinfo(one.pointee.ai_addr, one.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0 {
                found.append(String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
            }
            next = one.pointee.ai_next
        }
        return found
    }

    private static func refused(_ cause: String) -> Failure { Failure(.unavailable, "JW-I081", "对方的服务暂时不可用，或地址不在允许访问的范围内", cause: cause) }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
