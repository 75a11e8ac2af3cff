import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization

/// Sends pages and JSON compressed when the client accepts it; streams and small answers go as they are.
enum EdgeCompression {
    static func compress(_ response: Response, _ request: Request, _ settings: WebSettings) async throws -> Response {
        guard settings.compresses, request.acceptsGzip, request.method != .head, let length = response.body.contentLength, (1400...4_000_000).contains(length),
            response.headers[.contentEncoding] == nil, let type = response.headers[.contentType], type.hasPrefix("text/html") || type.contains("json")
        else { return response }
        let sink = Sink()
        try await response.body.write(SinkWriter(sink: sink))
        let bytes = sink.bytes
        var copy = response
        guard let packed = Gzip.compress(bytes, level: 2) else {
            copy.body = ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
            return copy
        }
        copy.headers[.contentEncoding] = "gzip"
        copy.headers[.vary] = (response.headers[.vary].map { $0 + ", " } ?? "") + "Accept-Encoding"
        copy.body = ResponseBody(byteBuffer: ByteBuffer(bytes: packed))
        return copy
    }

    private final class Sink: Sendable {
        private let collected = Mutex<[UInt8]>([])

        var bytes: [UInt8] { collected.withLock { $0 } }
        func add(_ buffer: ByteBuffer) { collected.withLock { $0.append(contentsOf: buffer.readableBytesView) } }
    }

    private struct SinkWriter: ResponseBodyWriter {
        let sink: Sink

        mutating func write(_ buffer: ByteBuffer) async throws { sink.add(buffer) }
        consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }
}
