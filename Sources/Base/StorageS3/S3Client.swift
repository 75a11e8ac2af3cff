import AsyncHTTPClient
import Foundation
import Kernel
import NIOCore
import NIOHTTP1

/// The few requests the blob store makes, path-style, signed, tried up to four times where trying again is safe.
struct S3Client: Sendable {
    struct Reply: Sendable {
        var status: Int
        var headers: HTTPHeaders
        var body: [UInt8]
    }

    let endpoint: String
    let bucket: String
    let signature: S3Signature
    let clock: Clock
    private static let attempts = 4
    private static let limit: Int64 = 60
    /// A signature is for one host: no redirect is followed.
    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration.singletonConfiguration
        configuration.redirectConfiguration = .disallow
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    /// - Parameters:
    ///   - key: letters, digits and slashes only.
    ///   - query: names and values, in any order.
    /// - Throws: `Failure` `.unavailable` `JW-S020` when the service does not answer or refuses.
    func send(_ method: HTTPMethod, _ key: String, query: [(String, String)] = [], body: [UInt8] = [], range: Range<Int>? = nil, accepting: Set<Int> = [200]) async throws -> Reply
    {
        var cause = ""
        for attempt in 0..<Self.attempts {
            if attempt > 0 { try await Task.sleep(for: .milliseconds(100 << attempt)) }
            do {
                let reply = try await once(method, key, query, body, range)
                if accepting.contains(reply.status) { return reply }
                cause = "\(method.rawValue) \(key): \(reply.status) \(String(decoding: reply.body.prefix(300), as: UTF8.self))"
                if reply.status < 500 && reply.status != 429 { break }
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                cause = "\(method.rawValue) \(key): \(error)"
            }
        }
        throw Failure(.unavailable, "JW-S020", "文件存储暂时不可用，请稍后重试", cause: cause)
    }

    private func once(_ method: HTTPMethod, _ key: String, _ query: [(String, String)], _ body: [UInt8], _ range: Range<Int>?) async throws -> Reply {
        let path = "/" + bucket + (key.isEmpty ? "" : "/" + key)
        let encoded = query.map { (S3Signature.encoded($0.0), S3Signature.encoded($0.1)) }.sorted { $0.0 < $1.0 }.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
        let time = Self.stamp(clock.now)
        let hash = S3Signature.hash(body)
        let host = String(endpoint.drop { $0 != ":" }.dropFirst(3))
        let headers = [("host", host), ("x-amz-content-sha256", hash), ("x-amz-date", time)]
        var request = HTTPClientRequest(url: endpoint + path + (encoded.isEmpty ? "" : "?" + encoded))
        request.method = method
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let range { request.headers.add(name: "range", value: "bytes=\(range.lowerBound)-\(range.upperBound - 1)") }
        request.headers.add(
            name: "authorization",
            value: signature.authorization(method: method.rawValue, path: path, query: encoded, headers: headers, payloadHash: hash, time: time))
        if !body.isEmpty { request.body = .bytes(ByteBuffer(bytes: body)) }
        let response = try await Self.client.execute(request, timeout: .seconds(Self.limit))
        let content = method == .HEAD ? ByteBuffer() : try await response.body.collect(upTo: 80 << 20)
        return Reply(status: Int(response.status.code), headers: response.headers, body: Array(content.readableBytesView))
    }

    /// `20261121T080000Z`.
    static func stamp(_ moment: Moment) -> String {
        var seconds = time_t(moment.milliseconds / 1000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "\(parts.tm_year + 1900)\(two(parts.tm_mon + 1))\(two(parts.tm_mday))T\(two(parts.tm_hour))\(two(parts.tm_min))\(two(parts.tm_sec))Z"
    }
}
