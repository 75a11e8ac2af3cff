import Foundation
import HTTPTypes
import Hummingbird
import Kernel
import NIOCore
import Storage
import Synchronization

/// Requests by route and outcome with their durations, for Prometheus; bounded, whatever paths are tried.
final class Metrics: Sendable {
    /// Upper bounds in seconds; above the last is `+Inf`.
    static let bounds: [Double] = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 10]
    private static let routeLimit = 100

    private struct Key: Hashable {
        var route: String
        /// Hundreds of the status: 2 of 204.
        var status: Int
    }

    private struct Tally {
        /// By bound, the last beyond all.
        var buckets = [Int](repeating: 0, count: Metrics.bounds.count + 1)
        var seconds = 0.0
        var count: Int { buckets.reduce(0, +) }
    }

    private let tallies = Mutex<[Key: Tally]>([:])

    func note(path: String, status: Int, seconds: Double) { note(route: Self.route(path), status: status, seconds: seconds) }

    /// Of a route that is known.
    func note(route: String, status: Int, seconds: Double) {
        let key = Key(route: route, status: status / 100)
        tallies.withLock { tallies in
            let known = tallies[key] != nil || tallies.count < Self.routeLimit * 3
            let place = known ? key : Key(route: "other", status: key.status)
            tallies[place, default: Tally()].buckets[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count] += 1
            tallies[place]?.seconds += seconds
        }
    }

    /// `/gate/v1/passes` by its third part, a page by its first: identifiers never become a label.
    static func route(_ path: String) -> String {
        let parts = path.split(separator: "/").prefix(3).map(String.init)
        guard let first = parts.first else { return "/" }
        let depth = first == "gate" ? 3 : 1
        let route = "/" + parts.prefix(depth).joined(separator: "/")
        return route.utf8.count <= 40 && route.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") } ? route : "other"
    }

    /// Prometheus' text format, version 0.0.4.
    func text(with figures: [(name: String, value: Double)]) -> String {
        var lines = ["# TYPE jianwei_request_seconds histogram"]
        for (key, tally) in tallies.withLock({ $0 }).sorted(by: { ($0.key.route, $0.key.status) < ($1.key.route, $1.key.status) }) {
            let labels = "route=\"\(key.route)\",status=\"\(key.status)xx\""
            var sum = 0
            for (index, bound) in Self.bounds.enumerated() {
                sum += tally.buckets[index]
                lines.append("jianwei_request_seconds_bucket{\(labels),le=\"\(bound)\"} \(sum)")
            }
            lines.append("jianwei_request_seconds_bucket{\(labels),le=\"+Inf\"} \(tally.count)")
            lines.append("jianwei_request_seconds_sum{\(labels)} \(tally.seconds)")
            lines.append("jianwei_request_seconds_count{\(labels)} \(tally.count)")
        }
        for figure in figures { lines += ["# TYPE jianwei_\(figure.name) gauge", "jianwei_\(figure.name) \(figure.value)"] }
        return lines.joined(separator: "\n") + "\n"
    }
}

/// `GET /internal/metrics`: for a collector on this machine only.
struct MetricsDoor: Sendable {
    static let path = "/internal/metrics"
    let metrics: Metrics
    let database: any Database
    let blobs: any BlobStore
    let clock: Clock

    func respond(to request: Request, address: String) async -> Response {
        var headers = HTTPFields()
        guard address == "127.0.0.1" || address == "::1", request.headers[forwardedFor] == nil, request.method == .get else { return Response(status: .notFound, headers: headers) }
        headers[.contentType] = "text/plain; version=0.0.4; charset=utf-8"
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: metrics.text(with: await figures()))))
    }

    private func figures() async -> [(name: String, value: Double)] {
        var figures: [(name: String, value: Double)] = []
        for (name, value) in await database.figures().sorted(by: { $0.key < $1.key }) { figures.append(("database_\(name)", value)) }
        for (name, value) in await blobs.figures().sorted(by: { $0.key < $1.key }) { figures.append(("blobs_\(name)", value)) }
        let now = clock.now
        // A database that does not answer is itself a figure.
        let waiting = try? await database.read(within: .seconds(2)) { reader in
            try reader.first("SELECT COUNT(*) AS waiting, MIN(created_at) AS oldest FROM outbox WHERE done_at IS NULL AND dead_at IS NULL")
        }
        figures.append(("up", waiting == nil ? 0 : 1))
        if let row = waiting ?? nil {
            figures.append(("outbox_waiting", row.double("waiting") ?? 0))
            figures.append(("outbox_oldest_seconds", row.moment("oldest").map { now.seconds(since: $0) } ?? 0))
        }
        return figures
    }
}
