import HTTPTypes
import Hummingbird
import Kernel
import NIOCore
import Storage

extension Response {
    /// A stored file to show in place, a part of it where the request asks for one (RFC 9110 §14): players seek so. Sent a quarter of a megabyte at a time.
    package static func ranged(_ reader: any BlobReader, of request: Request, contentType: String, cacheSeconds: Int = 3600) -> Response {
        var headers: HTTPFields = [.contentType: contentType, .acceptRanges: "bytes", .cacheControl: "private, max-age=\(cacheSeconds)"]
        let size = reader.size
        guard let asked = request.headers[.range], let range = ByteSpan(asked, size: size) else {
            return Response(status: .ok, headers: headers, body: body(reader, 0..<size))
        }
        guard let span = range.span else {
            headers[.contentRange] = "bytes */\(size)"
            return Response(status: .rangeNotSatisfiable, headers: headers)
        }
        headers[.contentRange] = "bytes \(span.lowerBound)-\(span.upperBound - 1)/\(size)"
        return Response(status: .partialContent, headers: headers, body: body(reader, span))
    }

    private static func body(_ reader: any BlobReader, _ span: Range<Int>) -> ResponseBody {
        ResponseBody(contentLength: span.count) { writer in
            var offset = span.lowerBound
            while offset < span.upperBound {
                let part = try await reader.read(offset: offset, length: min(256 << 10, span.upperBound - offset))
                guard !part.isEmpty else { throw Failure(.unavailable, "JW-S020", "文件存储暂时不可用，请稍后重试", cause: "short read at \(offset)") }
                try await writer.write(ByteBuffer(bytes: part))
                offset += part.count
            }
            try await writer.finish(nil)
        }
    }
}

/// One span of bytes of a `Range` header; several at once, other units and what cannot be read are answered with the whole file, as the standard allows.
package struct ByteSpan: Equatable {
    /// Nil where the file ends before it.
    package var span: Range<Int>?

    package init?(_ header: String, size: Int) {
        guard header.hasPrefix("bytes="), !header.contains(",") else { return nil }
        let ends = header.dropFirst(6).split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard ends.count == 2, ends.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }) else { return nil }
        switch (Int(ends[0]), Int(ends[1])) {
        case (let first?, let last?):
            guard first <= last else { return nil }
            span = first < size ? first..<min(last, size - 1) + 1 : nil
        case (let first?, nil) where ends[1].isEmpty: span = first < size ? first..<size : nil
        case (nil, let count?) where ends[0].isEmpty: span = count > 0 && size > 0 ? max(0, size - count)..<size : nil
        default: return nil
        }
    }
}
